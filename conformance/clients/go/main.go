// Asks for a token as one case of the conformance suite says, with one of Go's official clients, and prints what
// came of it as one JSON line. The token itself is never printed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

type testCase struct {
	Client     string    `json:"client"`
	Credential string    `json:"credential"`
	Resource   string    `json:"resource"`
	Selector   *selector `json:"selector"`
	Calls      int       `json:"calls"`
}

type selector struct {
	By    string `json:"by"`
	Value string `json:"value"`
}

type outcome struct {
	Client    string         `json:"client"`
	Version   string         `json:"version"`
	Outcome   string         `json:"outcome"`
	Calls     int            `json:"calls"`
	Claims    map[string]any `json:"claims"`
	ExpiresOn *int64         `json:"expiresOn"`
	Error     *string        `json:"error"`
	Seconds   float64        `json:"seconds"`
}

// granted is what a client gave for one call.
type granted struct {
	token     string
	expiresOn time.Time
}

// asker makes one call of a client that was made before.
type asker func(context.Context) (granted, error)

// client is how a client is made for a case, and the module that it is published as.
type client struct {
	module string
	create func(testCase) (asker, error)
}

var clients = map[string]client{
	"azidentity": {"github.com/Azure/azure-sdk-for-go/sdk/azidentity", createAzidentity},
	"msal-go":    {"github.com/AzureAD/microsoft-authentication-library-for-go", createMsal},
}

// errUnsupported is that a client has no means to express what the case asks for.
type errUnsupported string

func (reason errUnsupported) Error() string { return string(reason) }

func main() {
	var asked testCase
	if len(os.Args) != 2 {
		fail("usage: client CASE_JSON")
	}
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		fail("the case is no JSON: " + err.Error())
	}
	chosen, known := clients[asked.Client]
	if !known {
		fail("there is no client " + asked.Client)
	}
	result := outcome{Client: asked.Client, Version: versionOf(chosen.module)}
	started := time.Now()
	last, err := callAll(chosen, asked, &result.Calls)
	result.Seconds = time.Since(started).Seconds()
	describe(&result, last, err)
	line, err := json.Marshal(result)
	if err != nil {
		fail(err.Error())
	}
	fmt.Println(string(line))
}

// callAll makes the client once and calls it as often as the case says, up to the first failure.
func callAll(chosen client, asked testCase, calls *int) (last granted, err error) {
	ask, err := chosen.create(asked)
	for err == nil && *calls < asked.Calls {
		*calls++
		last, err = ask(context.Background())
	}
	return last, err
}

func describe(result *outcome, last granted, err error) {
	if err != nil {
		text := err.Error()
		result.Error = &text
		result.Outcome = "error"
		if _, unsupported := err.(errUnsupported); unsupported {
			result.Outcome = "unsupported"
		}
		return
	}
	expiresOn := last.expiresOn.Unix()
	result.Outcome = "token"
	result.ExpiresOn = &expiresOn
	result.Claims = claimsOf(last.token)
}

// versionOf is the version of module that this program was built with.
func versionOf(module string) string {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return ""
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(2)
}
