# SPDX-License-Identifier: Apache-2.0
"""Refusals, with the extended information of DSP0266, "Error responses". Message ids are those of the Base registry (DSP8011)."""
from .exchange import Response

REGISTRY = "Base.1.19"

# id -> text, severity, resolution
MESSAGES = {
    "Success": ("The request completed successfully.", "OK", "None."),
    "NoOperation": ("The request changed nothing, because everything is as was asked.", "OK", "None."),
    "Created": ("The resource was created.", "OK", "None."),
    "GeneralError": ("A general error has occurred.", "Critical", "See the service's log."),
    "InternalError": ("The service could not do it: {0}", "Critical", "Try again; see the service's log."),
    "MalformedJSON": ("The body is not valid JSON.", "Critical", "Send valid JSON."),
    "UnrecognizedRequestBody": ("The body is not what this request takes.", "Warning", "Send a JSON object."),
    "EmptyJSON": ("The body is an empty JSON object.", "Warning", "Send properties."),
    "ResourceMissingAtURI": ("There is no resource at {0}.", "Critical", "Correct the URI."),
    "OperationNotAllowed": ("The method is not allowed on this resource.", "Critical", "See the Allow header."),
    "ActionNotSupported": ("The action {0} is not supported here.", "Critical", "See the resource's Actions."),
    "ActionParameterMissing": ("The action {0} needs the parameter {1}.", "Critical", "Send it."),
    "ActionParameterUnknown": ("The action {0} has no parameter {1}.", "Warning", "Leave it out."),
    "ActionParameterNotSupported": ("The parameter {0} of the action {1} is not supported here.", "Warning", "Leave it out."),
    "ActionParameterValueTypeError": ("The value {0} of the parameter {1} of the action {2} has the wrong type.", "Warning",
                                      "Send the right type."),
    "ActionParameterValueNotInList": ("The value {0} of the parameter {1} is not one that the action {2} takes.", "Warning",
                                      "See the allowable values."),
    "ActionParameterValueError": ("The value of the parameter {0} of the action {1} is not valid.", "Warning", "Correct it."),
    "PropertyUnknown": ("The resource has no property {0}.", "Warning", "Leave it out."),
    "PropertyNotWritable": ("The property {0} is read-only.", "Warning", "Leave it out."),
    "PropertyMissing": ("The property {0} is required.", "Warning", "Send it."),
    "PropertyValueTypeError": ("The value {0} of the property {1} has the wrong type.", "Warning", "Send the right type."),
    "PropertyValueNotInList": ("The value {0} of the property {1} is not one of those allowed.", "Warning",
                               "See the allowable values."),
    "PropertyValueFormatError": ("The value {0} of the property {1} has the wrong format.", "Warning", "Correct it."),
    "PropertyValueOutOfRange": ("The value {0} of the property {1} is out of range.", "Warning", "Correct it."),
    "PropertyValueConflict": ("The property {0} conflicts with {1}.", "Warning", "Change one of them."),
    "CreateFailedMissingReqProperties": ("The property {0} is needed to create the resource.", "Critical", "Send it."),
    "ResourceAlreadyExists": ("There is a {0} already whose {1} is {2}.", "Critical", "Choose another."),
    "ResourceInUse": ("The resource is in use.", "Warning", "Try again later."),
    "ResourceCannotBeDeleted": ("The resource cannot be deleted.", "Critical", "None."),
    "ResetRequired": ("To complete the operation, {0} must be reset ({1}).", "Warning", "Reset it."),
    "ServiceTemporarilyUnavailable": ("The service is not available now; try again in {0} seconds.", "Critical", "Wait."),
    "CouldNotEstablishConnection": ("The service could not reach {0}.", "Critical", "See that it is there."),
    "ResourceAtUriUnauthorized": ("The service may not read {0}: {1}", "Critical", "Give it the right to."),
    "AccessDenied": ("The service was refused at {0}.", "Critical", "Give it the right to."),
    "NoValidSession": ("There is no valid session or account.", "Critical", "Log in."),
    "SessionLimitExceeded": ("There are as many sessions as can be.", "Critical", "End others."),
    "InsufficientPrivilege": ("The account lacks the privilege.", "Critical", "Take another account."),
    "PreconditionFailed": ("The ETag did not match.", "Critical", "Read the resource again."),
    "PreconditionRequired": ("A precondition header is required.", "Critical", "Send If-Match."),
    "HeaderInvalid": ("The header {0} is not valid.", "Critical", "Correct it."),
    "QueryNotSupported": ("The query is not supported.", "Warning", "Leave it out."),
    "QueryNotSupportedOnResource": ("The query is not supported on this resource.", "Warning", "Leave it out."),
    "QueryParameterValueTypeError": ("The value {0} of the query parameter {1} has the wrong type.", "Warning", "Correct it."),
    "QueryParameterOutOfRange": ("The value {0} of the query parameter {1} is out of range {2}.", "Warning", "Correct it."),
    "PasswordChangeRequired": ("The account's password must be changed: {0}", "Critical", "Change it."),
}


def message(message_id, *args, related=()):
    """One entry of @Message.ExtendedInfo. An id with a dot is of a vendor's registry, and its text is the first argument."""
    if "." in message_id:
        made = {"MessageId": message_id, "Message": args[0], "Severity": "Warning", "Resolution": "See the vendor's manual."}
    else:
        text, severity, resolution = MESSAGES[message_id]
        made = {"MessageId": f"{REGISTRY}.{message_id}", "Message": text.format(*args), "Severity": severity,
                "MessageSeverity": severity, "Resolution": resolution}
    made["@odata.type"] = "#Message.v1_2_1.Message"
    made["MessageArgs"] = [str(a) for a in args] if "." not in message_id else []
    if related:
        made["RelatedProperties"] = list(related)
    return made


def error_body(messages):
    first = messages[0]
    several = len(messages) > 1
    return {"error": {"code": f"{REGISTRY}.GeneralError" if several else first["MessageId"],
                      "message": MESSAGES["GeneralError"][0] if several else first["Message"],
                      "@Message.ExtendedInfo": messages}}


class Refusal(Exception):
    """Raised anywhere below the service; becomes an error response."""

    def __init__(self, status, message_id, *args, related=(), headers=None, messages=None):
        super().__init__(message_id)
        self.status, self.headers = status, headers or {}
        self.messages = messages or [message(message_id, *args, related=related)]

    def response(self):
        return Response(self.status, error_body(self.messages), dict(self.headers))
