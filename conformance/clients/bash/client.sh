#!/usr/bin/env bash
# Gets a token as the sample of Arc's documentation does, with curl, grep and cut, and prints one JSON line that tells
# what came of it; never the token itself. The sample knows one address, one identity and no cache.
#
# See conformance/README.md and
# https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication#acquiring-an-access-token-using-rest-api

CASE=$1

# The value of a string, as it stands between its quotes.
field() {
  printf '%s' "$2" | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}

say() {
  local seconds=$(($(date +%s%N) - BEGAN))
  printf '{"client":"%s","version":"2019-11-01","calls":%s,%s,"seconds":%d.%09d}\n' \
    "$(field client "$CASE")" "$CALLS" "$1" $((seconds / 1000000000)) $((seconds % 1000000000))
  exit 0
}

refuse() {
  say "\"outcome\":\"error\",\"claims\":null,\"expiresOn\":null,\"error\":\"$(printf '%s' "$1" | tr -d '[:cntrl:]' | tr '"\\' "''")\""
}

BEGAN=$(date +%s%N)
CALLS=$(printf '%s' "$CASE" | sed -n 's/.*"calls": *\([0-9]*\).*/\1/p')
UNSUPPORTED='"outcome":"unsupported","claims":null,"expiresOn":null,"error":null'
[ "$(field credential "$CASE")" = managed-identity ] || say "$UNSUPPORTED"
printf '%s' "$CASE" | grep -q '"selector": *null' || say "$UNSUPPORTED"
[ -z "$IDENTITY_HEADER$MSI_ENDPOINT$AZURE_POD_IDENTITY_AUTHORITY_HOST" ] || say "$UNSUPPORTED"

RESOURCE=$(field resource "$CASE" | sed 's/:/%3A/g; s,/,%2F,g')
URL="http://127.0.0.1:40342/metadata/identity/oauth2/token?api-version=2019-11-01&resource=$RESOURCE"

for ((call = 0; call < CALLS; call++)); do
  # From here to the second request this is the sample's text, but for the resource.
  ChallengeTokenPath=$(curl -s -D - -H Metadata:true "$URL" | grep Www-Authenticate | cut -d "=" -f 2 | tr -d "[:cntrl:]")
  if ! ChallengeToken=$(cat $ChallengeTokenPath </dev/null 2>/dev/null) || [ -z "$ChallengeToken" ]; then
    refuse "Could not retrieve challenge token, double check that this command is run with root privileges."
  fi
  ANSWER=$(curl -s -H Metadata:true -H "Authorization: Basic $ChallengeToken" "$URL")
  TOKEN=$(field access_token "$ANSWER")
  [ -n "$TOKEN" ] || refuse "$ANSWER"
done

PAYLOAD=$(printf '%s' "$TOKEN" | cut -d . -f 2 | tr -- '-_' '+/')
while [ $((${#PAYLOAD} % 4)) -ne 0 ]; do PAYLOAD="$PAYLOAD="; done
CLAIMS=$(printf '%s' "$PAYLOAD" | base64 -d)
for name in aud oid appid xms_mirid; do
  PICKED="$PICKED${PICKED:+,}\"$name\":\"$(field "$name" "$CLAIMS")\""
done
say "\"outcome\":\"token\",\"claims\":{$PICKED},\"expiresOn\":$(field expires_on "$ANSWER"),\"error\":null"
