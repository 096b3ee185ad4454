package orders

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

func ask(t *testing.T, method, path, body string) string {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", os.Getenv("LANDFAST_FAULT_SOCKET"))
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	request, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		t.Fatal(string(answer), err)
	}
	return string(answer)
}

func fault(t *testing.T, text string) {
	t.Helper()
	ask(t, "DELETE", "/requests", "")
	ask(t, "POST", "/faults", fmt.Sprintf(`{"fault": %q}`, text))
	t.Cleanup(func() { ask(t, "DELETE", "/faults", "") })
}
