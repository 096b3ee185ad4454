#!/bin/sh
# Logs the Azure CLI in as an identity, with the options that are given, and has it print a token of that identity.
set -e
az="../../../node_modules/.python-az/bin/python -m azure.cli"
[ "$1" != version ] || exec $az version
$az login --identity --allow-no-subscriptions --output none "$@"
exec $az account get-access-token --resource https://vault.azure.net
