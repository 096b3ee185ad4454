package orders

import (
	"context"
	"os"
	"strings"
	"testing"
)

func TestOrdersAreListedWhenTheServiceAsksToWait(t *testing.T) {
	setUp(t)
	fault(t, "429,retry-after=1")
	orders, err := ListOrders(context.Background(), func(token string) ([]string, error) { return []string{"one"}, nil })
	if err != nil || len(orders) != 1 {
		t.Fatal(orders, err)
	}
	if requests := ask(t, "GET", "/requests", ""); !strings.Contains(requests, `"status":429`) {
		t.Fatal(requests)
	}
}

func TestWithoutAnIdentityNoOrdersAreListed(t *testing.T) {
	setUp(t)
	fault(t, "400,times=always")
	orders, err := ListOrders(context.Background(), func(token string) ([]string, error) { return nil, nil })
	if err == nil {
		t.Fatal(orders)
	}
}

// The client keeps tokens for the whole process, so each test asks for another audience.
func setUp(t *testing.T) {
	if os.Getenv("LANDFAST_FAULT_SOCKET") == "" {
		t.Skip("this test runs under landfast run")
	}
	before := audience
	audience = "api://" + t.Name()
	t.Cleanup(func() { audience = before })
}
