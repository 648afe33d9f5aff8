# SPDX-License-Identifier: Apache-2.0
"""The rest of the emulator's tree: BIOS, Secure Boot, drives, logs, the event stream, firmware, the manager."""
import functools
import http.server
import json
import threading

import pytest
import requests
from asking import SYSTEM, Asking, message_ids, soon
from lab.bmc import Bmc, FakeMachine

MANAGER, UPDATE = "/redfish/v1/Managers/bmc", "/redfish/v1/UpdateService"
BIOS, SECURE = f"{SYSTEM}/Bios", f"{SYSTEM}/SecureBoot"


@pytest.fixture
def bmc():
    with Bmc(FakeMachine(gpus=[("H100", "GPU-1")])) as b:
        yield b
        assert b.broken == []


@pytest.fixture
def c(bmc):
    return Asking(bmc, basic=True)


def attributes(c, where=""):
    return c.get(BIOS + where).json()["Attributes"]


def test_bios_settings_wait_for_the_reset(c):
    settings = c.get(BIOS).json()["@Redfish.Settings"]["SettingsObject"]["@odata.id"]
    assert c.patch(BIOS, json={"Attributes": {"AcPwrRcvry": "On"}}).status_code == 405
    assert c.patch(settings, json={"Attributes": {"AcPwrRcvry": "On"}}).status_code == 200
    assert attributes(c)["AcPwrRcvry"] == "Last" and attributes(c, "/Settings")["AcPwrRcvry"] == "On"
    c.reset("On")
    assert attributes(c)["AcPwrRcvry"] == "On"
    assert c.post(f"{BIOS}/Actions/Bios.ResetBios").status_code == 204
    c.reset("ForceRestart")
    assert attributes(c)["AcPwrRcvry"] == "Last"


def test_bios_settings_are_checked_by_the_registry(c):
    for wanted, ids in (({"AcPwrRcvry": "Never"}, ["PropertyValueNotInList"]), ({"BootRetryCount": 11}, ["PropertyValueOutOfRange"]),
                        ({"BootRetryCount": "3"}, ["PropertyValueTypeError"]), ({"Nothing": 1}, ["PropertyUnknown"])):
        answer = c.patch(f"{BIOS}/Settings", json={"Attributes": wanted})
        assert (answer.status_code, message_ids(answer)) == (400, ids)
    entries = c.get("/redfish/v1/Registries/LabBios/Registry").json()["RegistryEntries"]["Attributes"]
    assert {e["AttributeName"] for e in entries} == set(attributes(c))


def keys(c, database):
    return [m["@odata.id"] for kind in ("Certificates", "Signatures")
            for m in c.get(f"{SECURE}/SecureBootDatabases/{database}/{kind}").json()["Members"]]


def test_secure_boot_keys(c):
    certificates = f"{SECURE}/SecureBootDatabases/db/Certificates"
    assert c.post(certificates, json={"CertificateString": "garbage", "CertificateType": "PEM"}).status_code == 400
    made = c.post(certificates, json={"CertificateString": c.bmc.certificate.read_text(), "CertificateType": "PEM"})
    assert made.status_code == 201 and made.headers["Location"] in keys(c, "db")
    reset = f"{SECURE}/Actions/SecureBoot.ResetKeys"
    assert c.post(reset, json={"ResetKeysType": "ResetAllKeysToDefault"}).status_code == 204
    assert made.headers["Location"] not in keys(c, "db") and len(keys(c, "db")) == 2
    digest = keys(c, "dbx")[0]
    assert len(c.get(digest).json()["SignatureString"]) == 64
    assert c.delete(digest).status_code == 204 and keys(c, "dbx") == []
    c.patch(SECURE, json={"SecureBootEnable": True})
    c.reset("On")
    assert c.get(SECURE).json()["SecureBootCurrentBoot"] == "Enabled"
    c.post(reset, json={"ResetKeysType": "DeletePK"})
    assert c.get(SECURE).json()["SecureBootMode"] == "SetupMode" and keys(c, "KEK")
    c.post(reset, json={"ResetKeysType": "DeleteAllKeys"})
    assert [k for name in ("PK", "KEK", "db", "dbx") for k in keys(c, name)] == []
    c.reset("ForceRestart")
    assert c.get(SECURE).json()["SecureBootCurrentBoot"] == "Disabled"


def test_drive_is_erased_by_a_task(bmc, c):
    drive = c.get(f"{SYSTEM}/Storage/1").json()["Drives"][0]["@odata.id"]
    answer = c.post(f"{drive}/Actions/Drive.SecureErase", json={"SanitizationType": "CryptographicErase"})
    assert answer.status_code == 202
    soon(lambda: c.get(answer.headers["Location"]).status_code == 204)
    assert bmc.machine.erased == [c.get(drive).json()["SerialNumber"]]


def test_inventory_is_the_machines(bmc, c):
    m = bmc.machine
    processors = [c.get(p["@odata.id"]).json() for p in c.get(f"{SYSTEM}/Processors").json()["Members"]]
    assert [p["ProcessorType"] for p in processors] == ["CPU", "GPU"]
    memory = [c.get(p["@odata.id"]).json()["CapacityMiB"] for p in c.get(f"{SYSTEM}/Memory").json()["Members"]]
    assert sum(memory) == m.memory and len(memory) == 2
    assert c.get(f"{SYSTEM}/EthernetInterfaces/NIC0").json()["MACAddress"] == m.mac
    options = [p["@odata.id"].rsplit("/", 1)[1] for p in c.get(f"{SYSTEM}/BootOptions").json()["Members"]]
    assert options == m.boot_order()
    assert c.get("/redfish/v1/Chassis/1/Power").json()["PowerControl"][0]["PowerConsumedWatts"] == 12


def test_log(c):
    c.reset("On")
    entries = soon(lambda: c.get(f"{SYSTEM}/LogServices/SEL/Entries").json()["Members"])
    assert "power state is On" in c.get(entries[-1]["@odata.id"]).json()["Message"]
    assert c.post(f"{SYSTEM}/LogServices/SEL/Actions/LogService.ClearLog").status_code == 204
    assert c.get(f"{SYSTEM}/LogServices/SEL/Entries").json()["Members@odata.count"] == 0


def lines_of(stream):
    return (line.decode() for line in stream.iter_lines(chunk_size=1))


def next_event(lines):
    return json.loads(next(line for line in lines if line.startswith("data: "))[6:])["Events"][0]


def test_event_stream(c):
    where = c.get("/redfish/v1/EventService").json()["ServerSentEventUri"]
    with c.get(where, stream=True) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        lines = lines_of(stream)
        next(lines)
        with Asking(c.bmc, basic=True) as other:
            assert len(other.get("/redfish/v1/EventService/Subscriptions").json()["Members"]) == 1
            other.reset("On")
            event = next_event(lines)
            assert event["MessageId"].endswith("PowerStateChanged") and event["OriginOfCondition"]["@odata.id"] == SYSTEM
            other.post("/redfish/v1/EventService/Actions/EventService.SubmitTestEvent", json={"Message": "hello"})
            assert next_event(lines)["Message"] == "hello"
    # What came since the event with that id comes at once.
    with c.get(where, stream=True, headers={"Last-Event-ID": event["EventId"]}) as again:
        assert next_event(lines_of(again))["Message"] == "hello"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def web(tmp_path):
    """A server of files; its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def version(c, name):
    return c.get(f"{UPDATE}/FirmwareInventory/{name}").json()["Version"]


def ended(c, answer):
    assert answer.status_code == 202
    task = soon(lambda: (t := c.get(answer.json()["@odata.id"]).json())["TaskState"] in ("Completed", "Exception") and t)
    return task["TaskState"]


def test_simple_update(c, web, tmp_path):
    (tmp_path / "bios.bin").write_bytes(b"lab-firmware BIOS 2.4.0\n" + bytes(1000))
    simple = f"{UPDATE}/Actions/UpdateService.SimpleUpdate"
    assert ended(c, c.post(simple, json={"ImageURI": f"{web}/bios.bin", "TransferProtocol": "HTTP"})) == "Completed"
    before = version(c, "BIOS")
    c.reset("On")
    assert (before, version(c, "BIOS")) == ("2.3.1", "2.4.0") and c.get(SYSTEM).json()["BiosVersion"] == "2.4.0"
    assert ended(c, c.post(simple, json={"ImageURI": f"{web}/nothing.bin"})) == "Exception"


def test_multipart_push(c):
    where = c.get(UPDATE).json()["MultipartHttpPushUri"]

    def push(data, **parameters):
        return c.post(where, files=[("UpdateParameters", (None, json.dumps(parameters), "application/json")),
                                    ("UpdateFile", ("f.bin", data, "application/octet-stream"))])
    target = f"{UPDATE}/FirmwareInventory/BMC"
    assert ended(c, push(b"lab-firmware BMC 2.15\nxyz", Targets=[target])) == "Completed"
    assert version(c, "BMC") == c.get(MANAGER).json()["FirmwareVersion"] == "2.15"
    assert ended(c, push(b"garbage")) == "Exception"
    assert ended(c, push(b"lab-firmware NIC0 9\n", Targets=[target])) == "Exception"
    assert c.post(where, json={}).status_code == 415


def test_media_are_fetched_where_the_machine_needs_a_file(bmc, c, web, tmp_path):
    bmc.machine.wants_file = True
    (tmp_path / "a.iso").write_bytes(b"iso" * 1000)
    insert = f"{SYSTEM}/VirtualMedia/Cd1/Actions/VirtualMedia.InsertMedia"
    answer = c.post(insert, json={"Image": f"{web}/nothing.iso"})
    assert answer.status_code == 400 and message_ids(answer) == ["AccessDenied"]
    answer = c.post(insert, json={"Image": "http://127.0.0.1:1/a.iso"})
    assert answer.status_code == 400 and message_ids(answer) == ["CouldNotEstablishConnection"]
    assert c.post(insert, json={"Image": f"{web}/a.iso"}).status_code == 204
    assert bmc.machine.medium.read_bytes() == b"iso" * 1000


def test_manager_restarts_and_forgets(bmc, c):
    session = Asking(bmc)
    session.log_in()
    c.post("/redfish/v1/AccountService/Accounts", json={"UserName": "guest", "Password": "guest-1234", "RoleId": "ReadOnly"})
    assert c.post(f"{MANAGER}/Actions/Manager.ResetToDefaults", json={"ResetType": "ResetAll"}).status_code == 204
    answer = c.get(SYSTEM)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    soon(lambda: c.get(SYSTEM).status_code == 200)
    assert session.get(SYSTEM).status_code == 401
    assert Asking(bmc, "guest", "guest-1234", basic=True).get(SYSTEM).status_code == 401


def test_chunked_body(c):
    answer = requests.Session.request(c, "PATCH", c.bmc.url + SYSTEM, data=iter([b'{"AssetTag"', b': "chunks"}']),
                                      headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code == 200 and answer.json()["AssetTag"] == "chunks"
