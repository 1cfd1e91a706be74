package httpserver

import "net/http"

// response notes what becomes of an answer.
type response struct {
	http.ResponseWriter
	service *service
	// status is 0 until the answer has begun.
	status int
	// lost is why the client did not get what was written, if it did not.
	lost error
}

// Unwrap is for http.ResponseController.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *response) begun() bool { return r.status != 0 }

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) {
	if status >= http.StatusOK { // what is below is not the answer yet
		r.begin(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(part []byte) (int, error) {
	r.begin(http.StatusOK)
	n, err := r.ResponseWriter.Write(part)
	r.note(err)
	return n, err
}

// FlushError is for http.ResponseController.
func (r *response) FlushError() error {
	r.begin(http.StatusOK)
	err := http.NewResponseController(r.ResponseWriter).Flush()
	r.note(err)
	return err
}

// begin notes the status when the answer begins. While the service stops, it asks
// the client to use another connection, or net/http does that over HTTP/2.
func (r *response) begin(status int) {
	if r.begun() {
		return
	}
	r.status = status
	if r.service.stopping() {
		r.Header().Set("Connection", "close")
	}
}

func (r *response) note(err error) {
	if err != nil {
		r.lost = err
	}
}
