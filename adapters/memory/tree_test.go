package memory

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A tree behaves like a sorted map, and no snapshot of it ever changes.
func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type snapshot struct {
			tree tree[int, int]
			want map[int]int
		}
		now := snapshot{tree[int, int]{compare: cmp.Compare[int]}, map[int]int{}}
		snapshots := []snapshot{now}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			key, value := rapid.IntRange(0, 20).Draw(t, "key"), rapid.Int().Draw(t, "value")
			now.want = maps.Clone(now.want)
			if rapid.Bool().Draw(t, "set") {
				now.tree = now.tree.set(key, value)
				now.want[key] = value
			} else {
				now.tree = now.tree.delete(key)
				delete(now.want, key)
			}
			snapshots = append(snapshots, now)
		}
		after := rapid.IntRange(-1, 21).Draw(t, "after")
		for _, s := range snapshots {
			for key := range 21 {
				value, found := s.tree.get(key)
				want, wantFound := s.want[key]
				require.Equal(t, wantFound, found)
				require.Equal(t, want, value)
			}
			keys := slices.Sorted(maps.Keys(s.want))
			keys = slices.DeleteFunc(keys, func(key int) bool { return key <= after })
			i := 0
			for key, value := range s.tree.after(after) {
				require.Equal(t, keys[i], key)
				require.Equal(t, s.want[key], value)
				i++
			}
			require.Len(t, keys, i)
		}
	})
}

// Keys that are set in order, like IDs, must not degrade the tree to a list.
func TestTreeStaysShallow(t *testing.T) {
	const n = 100_000
	numbers := tree[int, int]{compare: cmp.Compare[int]}
	for key := range n {
		numbers = numbers.set(key, key)
	}
	for key := range n / 2 {
		numbers = numbers.delete(2 * key)
	}
	// The expected depth is about 2 ln n = 22. A depth above 60 does not happen.
	require.Less(t, depth(numbers.root), 60)
}

func depth[K, V any](n *node[K, V]) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.left), depth(n.right))
}
