package orders

import (
	"context"
	"testing"
)

func TestOrdersAreListedAlthoughTheServiceIsBusyAtFirst(t *testing.T) {
	orders, err := ListOrders(context.Background(), func(token string) ([]string, error) { return []string{"one"}, nil })
	if err != nil || len(orders) != 1 {
		t.Fatal(orders, err)
	}
}
