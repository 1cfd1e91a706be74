package httpserver

import "net/http"

// response notes what becomes of an answer.
type response struct {
	http.ResponseWriter
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
	if !r.begun() && status >= http.StatusOK { // what is below is not the answer yet
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(part []byte) (int, error) {
	r.begin()
	n, err := r.ResponseWriter.Write(part)
	r.note(err)
	return n, err
}

// FlushError is for http.ResponseController.
func (r *response) FlushError() error {
	r.begin()
	err := http.NewResponseController(r.ResponseWriter).Flush()
	r.note(err)
	return err
}

// begin notes the status that net/http sends unless it is told another.
func (r *response) begin() {
	if !r.begun() {
		r.status = http.StatusOK
	}
}

func (r *response) note(err error) {
	if err != nil {
		r.lost = err
	}
}
