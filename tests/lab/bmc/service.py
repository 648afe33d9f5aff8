# SPDX-License-Identifier: Apache-2.0
"""From a request to its response: who asks, for what, under which conditions. DSP0266, "Service requests" and "Service responses"."""
import json

from . import checks, etags, paging
from .errors import Refusal
from .exchange import Response
from .tree import Collection

HEADERS = {"OData-Version": "4.0", "Cache-Control": "no-cache"}
OPEN_POSTS = ("/redfish/v1/SessionService/Sessions",)  # log in


def described_by(kind):
    """DSP0266, "Link header"."""
    return f"<http://redfish.dmtf.org/schemas/v1/{kind.rsplit('.', 1)[0]}.json>; rel=describedby"


class Service:
    def __init__(self, bmc):
        self.bmc, self.tree, self.profile = bmc, bmc.tree, bmc.profile

    def respond(self, request):
        try:
            response = self._respond(request)
        except Refusal as refusal:
            response = refusal.response()
        except Exception as mistake:  # ours: the test is to see it
            self.bmc.broken.append(mistake)
            response = Refusal(500, "InternalError", repr(mistake)).response()
        if response.body is not None and "Content-Type" not in response.headers:
            response.headers["Content-Type"] = "application/json;charset=utf-8"
        response.headers = {**HEADERS, **response.headers}
        return self.profile.encode(request, response)

    def _respond(self, request):
        self.bmc.manager.awake()
        self.profile.arrive(request)
        if request.headers.get("odata-version", "4.0") != "4.0":
            raise Refusal(412, "HeaderInvalid", "OData-Version")
        # DSP0266, "POST (create)": a POST to the Members of a collection is one to the collection.
        if request.method == "POST" and request.path.endswith("/Members"):
            request.path = request.path.removesuffix("/Members")
        resource = self.tree.find(request.path)
        owner, action = self.tree.find_action(request.path)
        self._admit(request, resource)
        early = self.profile.before(request)
        if early is not None:
            return early
        if action:
            return self._act(request, owner, action)
        if owner:
            raise Refusal(404, "ActionNotSupported", request.path.rsplit("/", 1)[1])
        if not resource:
            raise Refusal(404, "ResourceMissingAtURI", request.path)
        if request.method not in resource.methods():
            raise Refusal(405, "OperationNotAllowed", headers={"Allow": ", ".join(resource.methods())})
        handlers = {"GET": self._get, "HEAD": self._get, "PATCH": self._patch, "POST": self._create, "DELETE": self._delete}
        return handlers[request.method](request, resource)

    # ---- who ------------------------------------------------------------------------------------

    def _admit(self, request, resource):
        if request.method == "POST" and request.path in OPEN_POSTS:
            return
        self.bmc.sessions.recognise(request)
        if resource and resource.open and request.method in ("GET", "HEAD"):
            return
        if not request.user:
            raise Refusal(401, "NoValidSession", headers={"WWW-Authenticate": 'Basic realm="redfish"'})
        self._may(request, "Login")

    def _may(self, request, privilege):
        if privilege and privilege not in self.bmc.accounts.privileges(request.user):
            raise Refusal(403, "InsufficientPrivilege")

    def _may_change(self, request, resource):
        """ConfigureSelf is enough for one's own session and one's own password."""
        privilege = resource.privilege
        owner = self.bmc.sessions.owner(resource.uri)
        if owner and owner != request.user:
            privilege = "ConfigureManager"
        account = self.bmc.accounts.find(request.user)
        if account and account.uri == resource.uri and request.method == "PATCH" and list(self._json(request)) == ["Password"]:
            privilege = "ConfigureSelf"
        self._may(request, privilege)

    # ---- reading --------------------------------------------------------------------------------

    def _get(self, request, resource):
        if resource.raw:
            response = resource.read(request) if resource.asked else resource.read()
            response.headers.setdefault("Allow", ", ".join(resource.methods()))
            return response
        self._query(request, resource)
        body = self._body(resource, request)
        tag = self.profile.tag(etags.tag_of(body))
        if "if-none-match" in request.headers and etags.matches_weakly(request.headers["if-none-match"], tag):
            return Response(304, None, {"ETag": tag})
        if not isinstance(resource, Collection):
            body["@odata.etag"] = tag
        return Response(200, self.profile.shape(request, body), {"ETag": tag, "Allow": ", ".join(resource.methods()),
                                                                 "Link": described_by(resource.type)})

    def _query(self, request, resource):
        """A parameter that begins with $ and is not known is an error, another is not."""
        for name in request.query:
            if name in ("$top", "$skip") and not isinstance(resource, Collection):
                raise Refusal(400, "QueryNotSupportedOnResource")
            if name.startswith("$") and name not in ("$top", "$skip"):
                raise Refusal(501, "QueryNotSupported")

    def _body(self, resource, request):
        if not isinstance(resource, Collection):
            return resource.body()
        members = resource.members()
        if "only" in request.query and len(members) == 1:
            return self.tree.find(members[0]).body()
        return paging.page(resource, request.query, self.profile.page_size)

    # ---- changing -------------------------------------------------------------------------------

    def _json(self, request, empty=False):
        if not request.body and empty:
            return {}
        kind = request.headers.get("content-type", "application/json")
        if not kind.split(";")[0].strip().lower() == "application/json":
            raise Refusal(415, "HeaderInvalid", "Content-Type")
        try:
            body = json.loads(request.body)
        except ValueError:
            raise Refusal(400, "MalformedJSON") from None
        if not isinstance(body, dict):
            raise Refusal(400, "UnrecognizedRequestBody")
        return body

    def _patch(self, request, resource):
        self._may_change(request, resource)
        body = self._json(request)
        now = resource.body()
        self.profile.unmodified(request, self.profile.tag(etags.tag_of(now)))
        writes = resource.writes() if callable(resource.writes) else resource.writes
        good, told = checks.changes(writes, body, now)
        resource.update(good)
        self.bmc.log("ResourceChanged", f"{resource.uri} was changed.", resource.uri)
        after = resource.body()
        tag = self.profile.tag(etags.tag_of(after))
        after["@odata.etag"] = tag
        if told:
            after["@Message.ExtendedInfo"] = told
        return Response(200, self.profile.shape(request, after), {"ETag": tag})

    def _create(self, request, collection):
        self._may(request, collection.privilege)
        if collection.accept:
            return collection.accept(request)
        made = collection.create(checks.parameters(collection.needs, self._json(request)))
        resource, headers = made if isinstance(made, tuple) else (made, {})
        body = resource.body()
        return Response(201, body, {"Location": resource.uri, "ETag": self.profile.tag(etags.tag_of(body)), **headers})

    def _delete(self, request, resource):
        self._may_change(request, resource)
        if not resource.raw:
            self.profile.unmodified(request, self.profile.tag(etags.tag_of(resource.body())))
        resource.delete()
        return Response(204)

    def _act(self, request, owner, action):
        if request.method != "POST":
            raise Refusal(405, "OperationNotAllowed", headers={"Allow": "POST"})
        self._may(request, action.privilege)
        self.profile.action_unmodified(request)
        wanted = checks.parameters(action.parameters, self._json(request, empty=True), action.name)
        if action.task or self.profile.all_tasks:
            return self.bmc.tasks.start(f"{action.name} of {owner.uri}", lambda: action.run(wanted), request.user, action.slow)
        if action.slow:
            return self.bmc.unlocked(lambda: action.run(wanted)) or Response(204)
        return action.run(wanted) or Response(204)
