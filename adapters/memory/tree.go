package memory

import (
	"iter"
	"math/rand/v2"
)

// tree is an immutable ordered map: set and delete return a new tree, which shares most of
// its nodes with the old one. Copying a tree takes a snapshot at no cost. It is a treap:
// every operation takes O(log n).
type tree[K, V any] struct {
	root *node[K, V]
	// compare orders the keys like cmp.Compare.
	compare func(a, b K) int
}

// A node's key is between those of its subtrees, and its priority is above theirs. Random
// priorities keep the tree balanced, whatever the order in which keys are set.
type node[K, V any] struct {
	key         K
	value       V
	priority    uint64
	left, right *node[K, V]
}

func (t tree[K, V]) get(key K) (value V, found bool) {
	for n := t.root; n != nil; {
		switch order := t.compare(key, n.key); {
		case order < 0:
			n = n.left
		case order > 0:
			n = n.right
		default:
			return n.value, true
		}
	}
	return value, false
}

func (t tree[K, V]) set(key K, value V) tree[K, V] {
	left, right := t.split(t.root, key)
	t.root = join(join(left, &node[K, V]{key: key, value: value, priority: rand.Uint64()}), right)
	return t
}

func (t tree[K, V]) delete(key K) tree[K, V] {
	t.root = join(t.split(t.root, key))
	return t
}

// after iterates in ascending order over the entries whose keys are greater than key.
func (t tree[K, V]) after(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { t.ascend(t.root, key, yield) }
}

func (t tree[K, V]) ascend(n *node[K, V], key K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if t.compare(key, n.key) < 0 && !(t.ascend(n.left, key, yield) && yield(n.key, n.value)) {
		return false
	}
	return t.ascend(n.right, key, yield)
}

// before iterates in descending order over the entries whose keys are less than key.
func (t tree[K, V]) before(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { t.descend(t.root, key, yield) }
}

func (t tree[K, V]) descend(n *node[K, V], key K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if t.compare(key, n.key) > 0 && !(t.descend(n.right, key, yield) && yield(n.key, n.value)) {
		return false
	}
	return t.descend(n.left, key, yield)
}

// split returns the entries with keys less than key, and those with greater keys.
func (t tree[K, V]) split(n *node[K, V], key K) (less, greater *node[K, V]) {
	if n == nil {
		return nil, nil
	}
	order := t.compare(key, n.key)
	if order == 0 {
		return n.left, n.right
	}
	copied := *n
	if order < 0 {
		less, copied.left = t.split(n.left, key)
		return less, &copied
	}
	copied.right, greater = t.split(n.right, key)
	return &copied, greater
}

// join joins two trees. All keys of less must be less than those of greater.
func join[K, V any](less, greater *node[K, V]) *node[K, V] {
	switch {
	case less == nil:
		return greater
	case greater == nil:
		return less
	case less.priority > greater.priority:
		copied := *less
		copied.right = join(less.right, greater)
		return &copied
	default:
		copied := *greater
		copied.left = join(less, greater.left)
		return &copied
	}
}
