package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func ask(t *testing.T, object string, expressions ...string) jqAnswer {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(object), &value); err != nil {
		t.Fatal(err)
	}
	asked := jqObject{Value: value}
	for i := range expressions {
		asked.Expressions = append(asked.Expressions, i)
	}
	var in, out bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, part := range []any{jqQuestion{TimeoutMS: 1000, MaxPaths: 100, Expressions: expressions}, asked} {
		if err := encoder.Encode(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := runJQ(&in, &out); err != nil {
		t.Fatal(err)
	}
	var answer jqAnswer
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestWhichFieldsAreNamed(t *testing.T) {
	const object = `{"spec": {"replicas": 2, "list": [{"name": "a", "x": 1}, {"name": "b", "x": 2}, {"name": "c"}]}}`
	for expression, expected := range map[string]string{
		".spec.replicas":                        `[["spec","replicas"]]`,
		".spec.replicas, .spec.nothing":         `[["spec","replicas"]]`,
		".spec.list[] | select(.name == \"b\")": `[["spec","list",1]]`,
		".spec.list[].x":                        `[["spec","list",1,"x"],["spec","list",0,"x"]]`,
		".spec.list[-1]":                        `[["spec","list",2]]`,
		".spec.list[1:]":                        `[["spec","list",2],["spec","list",1]]`,
		".spec[\"replicas\"]":                   `[["spec","replicas"]]`,
		".spec.list[]?.y?":                      `[]`,
		".spec.other[]":                         `[]`,
		".spec.replicas[]":                      `[]`,
		"error(\"a secret\")":                   `[]`,
		"1":                                     `[]`,
		".spec.list[] | select(.name | test(\"^[ab]\"))": `[["spec","list",1],["spec","list",0]]`,
		"def f: .spec; f.replicas":                       `[["spec","replicas"]]`,
		".spec.replicas, .spec.replicas":                 `[["spec","replicas"]]`,
	} {
		answer := ask(t, object, expression)
		got, _ := json.Marshal(answer.Paths[0])
		if string(got) != expected || len(answer.Errors) > 0 {
			t.Errorf("%s: %s, %v; expected %s", expression, got, answer.Errors, expected)
		}
	}
}

func TestWhatIsNoExpressionIsToldByItsPosition(t *testing.T) {
	for _, expression := range []string{".spec[", ".a) | (.b", "nothing", "input_filename | foo", ""} {
		answer := ask(t, `{}`, ".spec", expression)
		if expression == "" { // the identity
			continue
		}
		if message := answer.Errors[1]; !strings.HasPrefix(message, "it is not a jq expression: ") {
			t.Errorf("%s: %q", expression, message)
		}
		if _, wrong := answer.Errors[0]; wrong || answer.Paths != nil {
			t.Errorf("%s: %v", expression, answer)
		}
	}
}

func TestWhatDoesNotEndOrNamesTooMuchIsCut(t *testing.T) {
	begin := time.Now()
	answer := ask(t, `{"a": 1}`, ".a", "last(range(1e12)) | .a")
	if answer.Errors[1] != "it does not end in time" {
		t.Errorf("%v", answer)
	}
	if time.Since(begin) > 30*time.Second {
		t.Error("it went on")
	}
	many := `{"list": [` + strings.Repeat("1,", 200) + `1]}`
	if answer := ask(t, many, ".list[]"); !strings.Contains(answer.Errors[0], "more than 100 fields") {
		t.Errorf("%v", answer)
	}
}

func TestTheEnvironmentAndFilesAreOutOfReach(t *testing.T) {
	t.Setenv("SECRET_OF_THE_TEST", "x")
	answer := ask(t, `{"a": 1}`, `.a | select($ENV.SECRET_OF_THE_TEST == "x")`, `.a | select(env.SECRET_OF_THE_TEST == "x")`)
	if len(answer.Paths) != 1 || len(answer.Paths[0]) != 0 {
		t.Errorf("%v", answer)
	}
	for _, expression := range []string{`import "a" as a; .a`, `include "a"; .a`, "input", "inputs"} {
		answer := ask(t, `{"a": 1}`, expression)
		if len(answer.Errors) == 0 && len(answer.Paths[0]) != 0 {
			t.Errorf("%s: %v", expression, answer)
		}
	}
}
