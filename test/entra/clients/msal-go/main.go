// MSAL for Go at an authority of Entra's kind: by certificate twice, then by the assertion of another issuer. Prints
// what it got as one JSON line: the claims of the tokens, or the message of an error; never a token.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

type client struct {
	Authority       string `json:"authority"`
	ClientID        string `json:"clientId"`
	Scope           string `json:"scope"`
	KeyFile         string `json:"keyFile"`
	CertificateFile string `json:"certificateFile"`
	AssertionFile   string `json:"assertionFile"`
}

type outcome struct {
	Claims json.RawMessage `json:"claims,omitempty"`
	Tokens int             `json:"tokens,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func main() {
	var asked client
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: msal-go CLIENT_FILE"))
	}
	content, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(content, &asked)
	}
	if err != nil {
		fail(err)
	}
	certificate, err := certificateCredential(asked)
	if err != nil {
		fail(err)
	}
	assertion := confidential.NewCredFromAssertionCallback(
		func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			content, err := os.ReadFile(asked.AssertionFile)
			return string(content), err
		})
	line, err := json.Marshal(map[string]outcome{
		"certificate": ask(asked, certificate),
		"assertion":   ask(asked, assertion),
	})
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func ask(asked client, credential confidential.Credential) outcome {
	application, err := confidential.New(asked.Authority, asked.ClientID, credential,
		confidential.WithInstanceDiscovery(false))
	if err != nil {
		return outcome{Error: err.Error()}
	}
	tokens := map[string]bool{}
	last := ""
	for range 2 {
		result, err := application.AcquireTokenSilent(context.Background(), []string{asked.Scope})
		if err != nil {
			result, err = application.AcquireTokenByCredential(context.Background(), []string{asked.Scope})
		}
		if err != nil {
			return outcome{Error: err.Error()}
		}
		last = result.AccessToken
		tokens[last] = true
	}
	return outcome{Claims: claimsOf(last), Tokens: len(tokens)}
}

func certificateCredential(asked client) (confidential.Credential, error) {
	key, err := os.ReadFile(asked.KeyFile)
	if err != nil {
		return confidential.Credential{}, err
	}
	certificate, err := os.ReadFile(asked.CertificateFile)
	if err != nil {
		return confidential.Credential{}, err
	}
	pem := bytes.Join([][]byte{certificate, key}, []byte("\n"))
	certificates, privateKey, err := confidential.CertFromPEM(pem, "")
	if err != nil {
		return confidential.Credential{}, err
	}
	return confidential.NewCredFromCert(certificates, privateKey)
}

func claimsOf(token string) json.RawMessage {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		fail(err)
	}
	return payload
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
