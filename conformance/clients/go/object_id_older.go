//go:build older

package main

import "github.com/Azure/azure-sdk-for-go/sdk/azidentity"

func objectID(string) (azidentity.ManagedIDKind, error) {
	return nil, errUnsupported("azidentity of this age has no selector object_id")
}
