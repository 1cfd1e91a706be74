package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// send sends one request and returns the status and the body of its answer.
func send(ctx context.Context, method, url, token, body string) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// mustSend sends one request that must be answered with a status from 200 to 299.
func mustSend(ctx context.Context, method, url, token, body string) ([]byte, error) {
	status, answer, err := send(ctx, method, url, token, body)
	if err != nil {
		return nil, err
	}
	if status < 200 || status > 299 {
		return nil, fmt.Errorf("%s %s: %d %s", method, url, status, answer[:min(len(answer), 500)])
	}
	return answer, nil
}

// signIn sends the credentials and returns the text member of the answer's object, a token.
func signIn(ctx context.Context, url, credentials, member string) (token string, err error) {
	answer, err := mustSend(ctx, http.MethodPost, url, "", credentials)
	if err != nil {
		return "", err
	}
	var members map[string]any
	if err := json.Unmarshal(answer, &members); err != nil {
		return "", err
	}
	token, ok := members[member].(string)
	if !ok {
		return "", fmt.Errorf("%s: the answer has no %s", url, member)
	}
	return token, nil
}
