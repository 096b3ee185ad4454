#!/bin/sh
# Logs the Azure CLI in as an identity, with the options that are given or by a federated token, and has it print a token of
# that identity.
set -e
az="../../../node_modules/.python-az/bin/python -m azure.cli"
[ "$1" != version ] || exec $az version
if [ "$1" = federated ]; then
  token=$(cat "$AZURE_FEDERATED_TOKEN_FILE")
  set -- --service-principal --username "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" --federated-token "$token"
else
  set -- --identity "$@"
fi
$az login --allow-no-subscriptions --output none "$@"
exec $az account get-access-token --resource https://vault.azure.net
