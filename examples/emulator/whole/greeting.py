"""Keeps a secret in the key vault, and reads it: landfast run --with key-vault -- python3 greeting.py"""

import os
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

# Outside Azure the vault has another name, to which the client would send no token.
client = SecretClient(
    os.environ["AZURE_KEY_VAULT_ENDPOINT"],
    DefaultAzureCredential(),
    verify_challenge_resource=os.environ["AZURE_KEY_VAULT_ENDPOINT"].endswith(".vault.azure.net"),
)
client.set_secret("greeting", "hello")
print(client.get_secret("greeting").value)
