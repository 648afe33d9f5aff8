# SPDX-License-Identifier: Apache-2.0
"""What a fault can change: data that the resources look at, and hooks that they call. This profile has no fault."""
from ..errors import Refusal
from ..etags import matches


class Profile:
    """A BMC that does what the specification says."""

    # ---- who the BMC says that it is, unless Bmc() is told otherwise
    vendor, product, manufacturer, model = "Contoso", "Contoso BMC", "Contoso", "3500"
    version = "1.20.0"              # RedfishVersion: of the protocol, DSP0266
    firmware = "2.14"               # of the BMC

    # ---- sessions
    max_sessions = 16
    session_service = True

    # ---- accounts
    account_slots = 0               # accounts are so many fixed slots: no POST, no DELETE

    # ---- boot
    boot_mode = True                # there is BootSourceOverrideMode
    boot_uri = True                 # there is HttpBootUri
    boot_names = {}                 # target of the schema -> what this BMC calls it
    boot_settings = None            # Boot is writable at @Redfish.Settings only, and taken "Immediate" or "OnReset"
    override_ignored = False        # the firmware does not look at the override
    once_kept = False               # the firmware does not hand "Once" back
    uri_attribute = None            # the BIOS attribute that says from where UefiHttp boots
    options_reversed = False        # the collection of boot options, against BootOrder

    # ---- logs
    log_clears = True               # ClearLog has an effect

    # ---- power
    restart_hangs = False
    reset_types = None              # other values than power.RESET_TYPES

    # ---- media
    media_home = "Systems"          # or "Managers"
    slots = (("Cd1", ("CD", "DVD")), ("Usb1", ("USBStick",)))
    slots_that_refuse = ()          # ids whose InsertMedia is 405
    stale = ()                      # ids that say Inserted at first with nothing in them
    stays_inserted = False          # after EjectMedia too
    media_parameters = ("Image", "Inserted", "WriteProtected", "UserName", "Password", "TransferMethod", "TransferProtocolType")

    # ---- tasks
    all_tasks = False               # every action becomes a task
    task_seconds = 0.2
    retry_after = None              # seconds, in a 202

    # ---- firmware, keys, events
    push_ways = ("multipart",)      # "multipart", "plain": how files are taken
    tells_reset = True              # a task says when a reset is needed
    keys_at_reset = False           # what is done to keys of Secure Boot is there after the next boot
    event_stream = True             # there is ServerSentEventUri

    # ---- systems
    before_systems = ()             # further members of Systems in front: ids

    page_size = 50                  # members in an answer

    def __init__(self, bmc):
        self.bmc = bmc

    def end(self):
        """The BMC ends."""

    # ---- hooks: what comes in

    def arrive(self, request):
        """First of all, before anybody is recognised; may raise a Refusal."""

    def connection(self, handler, nth):
        """True: the connection is reset instead of reading its nth request's answer."""
        return False

    def before(self, request):
        """A Response, instead of what would be done; the account has been recognised."""
        return None

    def unmodified(self, request, tag):
        """Preconditions of a PATCH or DELETE are met, or a Refusal. tag: the resource's."""
        if "if-match" in request.headers and not matches(request.headers["if-match"], tag):
            raise Refusal(412, "PreconditionFailed")

    def action_unmodified(self, request):
        """Of an action's POST. DSP0266 knows no precondition there."""

    # ---- hooks: what is done

    def new_password(self, account, password):
        """What an account's password is right after it was given a new one."""
        return password

    def password_changed(self, account):
        """An account was given a new password."""

    def bios_change(self, attributes, when):
        """What of a PATCH of BIOS attributes is really kept for the next boot. when: the ApplyTime, or None."""
        return attributes

    def bios_applies(self):
        """Whether the settings that wait are applied by the boot that begins."""
        return True

    def boot_change(self, boot, changes):
        """What of a PATCH of Boot is really done."""
        return changes

    def firmware_change(self, name, version):
        """What of an update is really done: name -> version."""
        return {name: version}

    def events(self, parts):
        """The stream of events, as it goes out: an iterator of bytes."""
        return parts

    def booted(self, way):
        """A boot has begun."""

    def power_nothing(self, kind):
        """The Response to a Reset that changes nothing; None: success."""
        return None

    def table_full(self):
        """The Refusal of one session too many."""
        return Refusal(503, "SessionLimitExceeded")

    def task_work(self, work):
        """What a task really does."""
        return work

    def task_accepted(self, task, response):
        """The 202 of a task."""
        return response

    def task_finished(self, task, response):
        """What the monitor answers in the end."""
        return response

    # ---- hooks: what goes out

    def tag(self, tag):
        """The ETag as it is given out."""
        return tag

    def shape(self, request, body):
        """The body of a GET, as it goes out."""
        return body

    def encode(self, request, response):
        """A last look at a Response."""
        return response

    def send(self, handler, request, head, body):
        """Head and body, as bytes, onto the connection."""
        handler.wfile.write(head + body)
