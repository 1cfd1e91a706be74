package httpserver

import "net/http"

// response records the status and the write error of a response.
type response struct {
	http.ResponseWriter
	service *service
	// status is 0 until the response has begun.
	status int
	// writeErr is the last error of Write and Flush.
	writeErr error
}

// Unwrap implements what http.ResponseController calls.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *response) begun() bool { return r.status != 0 }

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) {
	if status >= http.StatusOK { // Lower statuses are informational.
		r.begin(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(part []byte) (int, error) {
	r.begin(http.StatusOK)
	n, err := r.ResponseWriter.Write(part)
	r.recordError(err)
	return n, err
}

// FlushError implements what http.ResponseController calls.
func (r *response) FlushError() error {
	r.begin(http.StatusOK)
	err := http.NewResponseController(r.ResponseWriter).Flush()
	r.recordError(err)
	return err
}

// begin records the status of the first call. While the service stops, it tells the client
// to close the connection. Over HTTP/2, net/http turns that header into a GOAWAY frame.
func (r *response) begin(status int) {
	if r.begun() {
		return
	}
	r.status = status
	if r.service.stopping() {
		r.Header().Set("Connection", "close")
	}
}

func (r *response) recordError(err error) {
	if err != nil {
		r.writeErr = err
	}
}
