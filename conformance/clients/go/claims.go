package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// claimNames are the claims that a case may compare.
var claimNames = []string{"aud", "oid", "appid", "xms_mirid"}

// claimsOf reads, and does not verify, what a token says of itself; nil if it is no JWT.
func claimsOf(token string) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	all := map[string]any{}
	if json.Unmarshal(payload, &all) != nil {
		return nil
	}
	claims := map[string]any{}
	for _, name := range claimNames {
		claims[name] = all[name]
	}
	return claims
}
