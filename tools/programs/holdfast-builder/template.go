package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

// What is asked of templates: values whose texts, names of members included, are templates of Go. The items follow
// one by one, each a templateItem.
type templateQuestion struct {
	// For everything together.
	TimeoutMS int `json:"timeoutMs"`
	// Of what one text becomes, and of all of them together.
	MaxBytes    int64 `json:"maxBytes"`
	MaxAllBytes int64 `json:"maxAllBytes"`
	// Of text/template, such as missingkey=error.
	Options []string          `json:"options"`
	Values  []json.RawMessage `json:"values"`
}

// One value with one set of parameters.
type templateItem struct {
	// Position in the question's.
	Value      int            `json:"value"`
	Parameters map[string]any `json:"parameters"`
}

// Of each item, in their order, the value or what is wrong with it.
type templateResult struct {
	Error string `json:"error,omitempty"`
	Value any    `json:"value,omitempty"`
}

type templateAnswer struct {
	Results []templateResult `json:"results"`
	// Why there are no results for the last items.
	Rest string `json:"rest,omitempty"`
}

var errTooLong = errors.New("it prints too much")

// The functions of Argo CD's ApplicationSets: sprig's without those that look around, and some more.
var templateFunctions = func() template.FuncMap {
	functions := template.FuncMap(sprig.GenericFuncMap())
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	functions["normalize"] = normalize
	functions["slugify"] = slugify
	functions["toYaml"] = toYAML
	functions["fromYaml"] = fromYAML
	functions["fromYamlArray"] = fromYAMLArray
	return functions
}()

var notOfName = regexp.MustCompile("[^-a-z0-9.]")

func normalize(name string) string {
	const longest = 253
	name = notOfName.ReplaceAllString(strings.ToLower(name), "-")
	if len(name) > longest {
		name = name[:longest]
	}
	return strings.Trim(name, "-.")
}

// slugify [longest] [whether it is cut between words] name. The library has its settings in variables: they are set
// each time, so that no template sees those of another.
func slugify(arguments ...any) (string, error) {
	longest, betweenWords, name := 50, true, ""
	for i, argument := range arguments {
		right := false
		switch {
		case i == len(arguments)-1:
			name, right = argument.(string)
		case i == 0:
			longest, right = argument.(int)
			right = right && longest >= 0
		case i == 1:
			betweenWords, right = argument.(bool)
		}
		if !right {
			return "", errors.New("slugify takes a longest length, true or false, and a text, in this order")
		}
	}
	slug.MaxLength, slug.EnableSmartTruncate = longest, betweenWords
	return slug.Make(normalize(name)), nil
}

func toYAML(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYAML(text string) (map[string]any, error) {
	value := map[string]any{}
	return value, yaml.Unmarshal([]byte(text), &value)
}

func fromYAMLArray(text string) ([]any, error) {
	value := []any{}
	return value, yaml.Unmarshal([]byte(text), &value)
}

// An answer for each item, or why there are none for the last ones; an error is about the question itself. Items are
// read, rendered and printed one after the other, so that they are never all in memory.
func runTemplates(in io.Reader, out io.Writer) error {
	var question templateQuestion
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&question); err != nil {
		return errors.New("the question cannot be read")
	}
	renderer, err := newRenderer(question)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	_, _ = buffered.WriteString(`{"results":[`)
	rest, err := renderer.all(decoder, buffered)
	if err != nil {
		return err
	}
	end, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	_, _ = buffered.WriteString(`],"rest":` + string(end) + "}")
	return buffered.Flush()
}

type renderer struct {
	base    *template.Template
	values  []any
	parsed  map[string]*template.Template
	most    int64
	left    int64
	timeout time.Duration
}

func newRenderer(question templateQuestion) (*renderer, error) {
	for _, option := range question.Options {
		switch option {
		case "missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error":
		default:
			return nil, fmt.Errorf("there is no option %q", option)
		}
	}
	made := &renderer{
		base:    template.New("").Funcs(templateFunctions).Option(question.Options...),
		parsed:  map[string]*template.Template{},
		most:    question.MaxBytes,
		left:    question.MaxAllBytes,
		timeout: time.Duration(question.TimeoutMS) * time.Millisecond,
	}
	for _, raw := range question.Values {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber() // what is no text stays as it is
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("a value cannot be read")
		}
		made.values = append(made.values, value)
	}
	return made, nil
}

// A template that does not end cannot be stopped: whoever waits for it gives up, and the program ends. What was made
// before is answered, and the rest is its fault.
func (r *renderer) all(items *json.Decoder, out *bufio.Writer) (string, error) {
	type step struct {
		printed []byte
		err     error
	}
	made := make(chan step)
	go func() {
		defer close(made)
		for items.More() {
			printed, err := r.next(items)
			made <- step{printed, err}
			if err != nil {
				return
			}
		}
	}()
	limit := time.After(r.timeout)
	for first := true; ; first = false {
		select {
		case result, more := <-made:
			if !more || result.err != nil {
				return "", result.err
			}
			if !first {
				_ = out.WriteByte(',')
			}
			if _, err := out.Write(result.printed); err != nil {
				return "", err
			}
		case <-limit:
			return fmt.Sprintf("the templates of the set do not end within %s", r.timeout), nil
		}
	}
}

// The result of the next item as JSON.
func (r *renderer) next(items *json.Decoder) ([]byte, error) {
	var item templateItem
	if err := items.Decode(&item); err != nil || item.Value < 0 || item.Value >= len(r.values) {
		return nil, errors.New("an item cannot be read")
	}
	var result templateResult
	value, err := r.value(r.values[item.Value], asGenerators(item.Parameters))
	if err != nil {
		result.Error = err.Error()
	} else {
		result.Value = value
	}
	var printed bytes.Buffer
	encoder := json.NewEncoder(&printed)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(result)
	return printed.Bytes(), err
}

// Some parameters are maps of texts in Argo CD, so that a name that is not there is an empty text for index.
func asGenerators(parameters map[string]any) map[string]any {
	if texts, are := asTexts(parameters["values"]); are {
		parameters["values"] = texts
	}
	if metadata, is := parameters["metadata"].(map[string]any); is {
		for _, name := range []string{"labels", "annotations"} {
			if texts, are := asTexts(metadata[name]); are {
				metadata[name] = texts
			}
		}
	}
	if clusters, are := parameters["clusters"].([]any); are {
		for _, cluster := range clusters {
			if inner, is := cluster.(map[string]any); is {
				asGenerators(inner)
			}
		}
	}
	return parameters
}

func asTexts(value any) (map[string]string, bool) {
	object, is := value.(map[string]any)
	if !is {
		return nil, false
	}
	texts := make(map[string]string, len(object))
	for name, member := range object {
		text, is := member.(string)
		if !is {
			return nil, false
		}
		texts[name] = text
	}
	return texts, true
}

func (r *renderer) value(value any, parameters map[string]any) (any, error) {
	switch typed := value.(type) {
	case string:
		return r.text(typed, parameters)
	case []any:
		made := make([]any, 0, len(typed))
		for _, item := range typed {
			rendered, err := r.value(item, parameters)
			if err != nil {
				return nil, err
			}
			made = append(made, rendered)
		}
		return made, nil
	case map[string]any:
		made := make(map[string]any, len(typed))
		for _, name := range sortedNames(typed) {
			rendered, err := r.value(typed[name], parameters)
			if err != nil {
				return nil, err
			}
			newName, err := r.text(name, parameters)
			if err != nil {
				return nil, err
			}
			made[newName] = rendered
		}
		return made, nil
	default:
		return value, nil
	}
}

// Parsed once and executed for each item.
func (r *renderer) text(text string, parameters map[string]any) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	parsed, known := r.parsed[text]
	if !known {
		fresh, err := r.base.Clone()
		if err == nil {
			parsed, err = fresh.Parse(text)
		}
		if err != nil {
			return "", fmt.Errorf("failed to parse template %s: %w", shown(text), err)
		}
		r.parsed[text] = parsed
	}
	into := &boundedBuffer{left: min(r.most, r.left)}
	if err := parsed.Execute(into, parameters); err != nil {
		if errors.Is(err, errTooLong) {
			return "", fmt.Errorf("failed to execute go template %s: it prints more than %d bytes, or all texts of the set together more than they may", shown(text), r.most)
		}
		return "", fmt.Errorf("failed to execute go template %s: %w", shown(text), err)
	}
	r.left -= int64(into.Len())
	return into.String(), nil
}

// As much of a template as a message has room for.
func shown(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

type boundedBuffer struct {
	bytes.Buffer
	left int64
}

func (b *boundedBuffer) Write(piece []byte) (int, error) {
	if b.left -= int64(len(piece)); b.left < 0 {
		return 0, errTooLong
	}
	return b.Buffer.Write(piece)
}

func sortedNames(object map[string]any) []string {
	return slices.Sorted(maps.Keys(object))
}
