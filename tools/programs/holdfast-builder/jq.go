package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/itchyny/gojq"
)

// What is asked of jq: of each object, which of its fields its expressions name. The objects follow one by one,
// each a jqObject, so that they are never all in memory.
type jqQuestion struct {
	// For all evaluations together.
	TimeoutMS int `json:"timeoutMs"`
	// Paths of one expression in one object.
	MaxPaths    int      `json:"maxPaths"`
	Expressions []string `json:"expressions"`
}

type jqObject struct {
	Value any `json:"value"`
	// Positions in the question's.
	Expressions []int `json:"expressions"`
}

type jqAnswer struct {
	// What is wrong with an expression by itself, by its position; the others have no entry.
	Errors map[int]string `json:"errors,omitempty"`
	// For each object the paths of the fields that are there, of all its expressions: names and positions in
	// lists, the last of a list first, so that they can be taken out one after the other.
	Paths [][][]any `json:"paths,omitempty"`
}

// An expression and what it means for an object are answered; an error is about the question itself.
func runJQ(in io.Reader, out io.Writer) error {
	var question jqQuestion
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&question); err != nil {
		return errors.New("the question cannot be read")
	}
	answer, err := answerJQ(question, decoder)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

func answerJQ(question jqQuestion, objects *json.Decoder) (jqAnswer, error) {
	answer := jqAnswer{Errors: map[int]string{}}
	codes := make([]*gojq.Code, len(question.Expressions))
	for i, text := range question.Expressions {
		code, err := compilePath(text)
		if err != nil {
			answer.Errors[i] = err.Error()
			continue
		}
		codes[i] = code
	}
	if len(answer.Errors) > 0 {
		return answer, nil
	}
	left := time.Duration(question.TimeoutMS) * time.Millisecond
	for objects.More() {
		var object jqObject
		if err := objects.Decode(&object); err != nil {
			return answer, errors.New("an object cannot be read")
		}
		begin := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), left)
		found := [][]any{}
		for _, i := range object.Expressions {
			if i < 0 || i >= len(codes) {
				continue
			}
			paths, err := pathsOf(ctx, codes[i], object.Value, question.MaxPaths)
			if err != nil {
				cancel()
				answer.Errors[i] = err.Error()
				return answer, nil
			}
			found = append(found, paths...)
		}
		cancel()
		left -= time.Since(begin)
		answer.Paths = append(answer.Paths, lastFirst(found))
	}
	return answer, nil
}

// The expression as the argument of path(), as a tree: it cannot close the bracket.
func compilePath(text string) (*gojq.Code, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("it is not a jq expression: %w", err)
	}
	paths := &gojq.Query{Term: &gojq.Term{
		Type: gojq.TermTypeFunc,
		Func: &gojq.Func{Name: "path", Args: []*gojq.Query{query}},
	}}
	code, err := gojq.Compile(paths)
	if err != nil {
		return nil, fmt.Errorf("it is not a jq expression: %w", err)
	}
	return code, nil
}

// What fails in an object, such as a list to iterate over that is not there, names nothing in it; as in Argo CD.
// Values are in the messages of such failures, so they are not repeated.
func pathsOf(ctx context.Context, code *gojq.Code, value any, most int) ([][]any, error) {
	var found [][]any
	results := code.RunWithContext(ctx, value)
	for seen := 0; ; seen++ {
		result, more := results.Next()
		if !more {
			return found, nil
		}
		if err, failed := result.(error); failed {
			if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
				return nil, errors.New("it does not end in time")
			}
			return nil, nil
		}
		if seen >= most {
			return nil, fmt.Errorf("it names more than %d fields of one object", most)
		}
		path, isPath := result.([]any)
		if !isPath {
			continue
		}
		found = append(found, resolve(value, path)...)
	}
}

// The paths of what is there: positions from the end and ranges become plain positions.
func resolve(value any, path []any) [][]any {
	resolved := [][]any{{}}
	values := []any{value}
	for _, step := range path {
		var nextPaths [][]any
		var nextValues []any
		for i, at := range values {
			for _, key := range keysOf(at, step) {
				var below any
				switch container := at.(type) {
				case map[string]any:
					below = container[key.(string)]
				case []any:
					below = container[key.(int)]
				}
				nextPaths = append(nextPaths, append(append([]any{}, resolved[i]...), key))
				nextValues = append(nextValues, below)
			}
		}
		resolved, values = nextPaths, nextValues
	}
	return resolved
}

// What a step of a path leads to in a value, as far as it is there.
func keysOf(at any, step any) []any {
	switch container := at.(type) {
	case map[string]any:
		if name, ok := step.(string); ok {
			if _, there := container[name]; there {
				return []any{name}
			}
		}
	case []any:
		size := len(container)
		switch position := step.(type) {
		case map[string]any:
			var keys []any
			for i := bound(position["start"], 0, size); i < bound(position["end"], size, size); i++ {
				keys = append(keys, i)
			}
			return keys
		default:
			if i, ok := number(position); ok {
				if i < 0 {
					i += size
				}
				if i >= 0 && i < size {
					return []any{i}
				}
			}
		}
	}
	return nil
}

func number(value any) (int, bool) {
	switch n := value.(type) {
	case int:
		return n, true
	case float64:
		return int(n), true
	}
	return 0, false
}

// One end of a range, as jq has it.
func bound(value any, otherwise, size int) int {
	i, ok := number(value)
	if !ok {
		return otherwise
	}
	if i < 0 {
		i += size
	}
	return min(max(i, 0), size)
}

// Sorted so that none is moved by what is done about those before it, each once.
func lastFirst(paths [][]any) [][]any {
	sort.SliceStable(paths, func(i, k int) bool { return compare(paths[i], paths[k]) > 0 })
	kept := paths[:0]
	for _, path := range paths {
		if len(kept) == 0 || compare(kept[len(kept)-1], path) != 0 {
			kept = append(kept, path)
		}
	}
	return kept
}

func compare(a, b []any) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if order := gojq.Compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return len(a) - len(b)
}
