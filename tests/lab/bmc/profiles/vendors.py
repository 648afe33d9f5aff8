# SPDX-License-Identifier: Apache-2.0
"""How the BMCs that quirks come from introduce themselves: profiles inherit it, so that a table of quirks by vendor is tried too."""
from .profile import Profile


class Dell9(Profile):
    vendor, product = "Dell", "Integrated Dell Remote Access Controller"
    manufacturer, model, version, firmware = "Dell Inc.", "PowerEdge R750", "1.17.0", "7.10.50.00"


class Dell10(Profile):
    vendor, product = "Dell", "Integrated Dell Remote Access Controller"
    manufacturer, model, version, firmware = "Dell Inc.", "PowerEdge R770", "1.20.1", "1.20.50.50"


class Hpe10(Profile):
    vendor, product = "HPE", "ProLiant DL360 Gen10"
    manufacturer, model, version, firmware = "HPE", "ProLiant DL360 Gen10", "1.6.0", "iLO 5 v3.03"


class Hpe11(Profile):
    vendor, product = "HPE", "ProLiant DL380 Gen11"
    manufacturer, model, version, firmware = "HPE", "ProLiant DL380 Gen11", "1.20.0", "iLO 6 v1.62"


class Supermicro(Profile):
    vendor, product = "Supermicro", "Supermicro"
    manufacturer, model, version, firmware = "Supermicro", "SYS-221H-TNR", "1.14.0", "01.03.16"


class Ami(Profile):
    vendor, product = "AMI", "AMI Redfish Server"
    manufacturer, model, version, firmware = "ASRockRack", "1U12L4E", "1.8.0", "13.0.3"


class Lenovo(Profile):
    vendor, product = "Lenovo", "XClarity Controller"
    manufacturer, model, version, firmware = "Lenovo", "ThinkSystem SR675 V3", "1.16.0", "QGX340D"


class Nvidia(Profile):
    vendor, product = "NVIDIA", "P4764"
    manufacturer, model, version, firmware = "NVIDIA", "DGX H100", "1.17.0", "24.09.17"
