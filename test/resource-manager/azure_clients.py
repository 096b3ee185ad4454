"""Azure's own Python client of machines, unmodified. Prints what it made of the answers, as JSON."""

import json
import sys

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.hybridcompute import HybridComputeManagementClient
from azure.mgmt.hybridcompute.models import Machine, MachineProperties, MachineUpdate, ManagedServiceIdentity

GROUP = "python-clients"

with open(sys.argv[1], encoding="utf-8") as file:
    administrator = json.load(file)

url = administrator["url"]
credential = ClientSecretCredential(
    administrator["tenantId"],
    administrator["clientId"],
    administrator["clientSecret"],
    authority=url,
    disable_instance_discovery=True,
)
client = HybridComputeManagementClient(
    credential, administrator["subscriptionId"], base_url=url, credential_scopes=[f"{url}/.default"]
)


def refusal(work):
    try:
        work()
    except HttpResponseError as error:
        return [error.status_code, error.error.code]
    return None


def machine(location="westeurope", **properties):
    return Machine(
        location=location,
        identity=ManagedServiceIdentity(type="SystemAssigned"),
        tags={"env": "prod"},
        properties=MachineProperties(**properties),
    )


# This client makes no resource groups.
group = f"/subscriptions/{administrator['subscriptionId']}/resourceGroups/{GROUP}?api-version=2025-04-01"
client.send_request(HttpRequest("PUT", group, json={"location": "westeurope"})).raise_for_status()

made = client.machines.create_or_update(GROUP, "m1", machine(vm_id="4f8b8e0e-0f5b-4c0e-9d0a-6d4c4c3f0b11"))
client.machines.create_or_update(GROUP, "m2", machine())
updated = client.machines.update(GROUP, "m1", MachineUpdate(tags={"env": "test"}))
read = client.machines.get(GROUP, "m1")
result = {
    "made": [made.name, made.identity.type, made.properties.status, made.properties.provisioning_state],
    "updated": updated.tags,
    "read": [read.properties.vm_id, read.properties.last_status_change is not None],
    "machines": [one.name for one in client.machines.list_by_resource_group(GROUP)],
    "paged": [one.name for one in client.machines.list_by_subscription(params={"$top": 1})],
    "moved": refusal(lambda: client.machines.create_or_update(GROUP, "m1", machine("eastus"))),
    "missing": refusal(lambda: client.machines.get(GROUP, "missing")),
    "group": refusal(lambda: client.machines.get("missing", "m1")),
}
client.machines.begin_delete(GROUP, "m1").result()
client.machines.begin_delete(GROUP, "m1").result()
result["left"] = [one.name for one in client.machines.list_by_resource_group(GROUP)]
print(json.dumps(result))
