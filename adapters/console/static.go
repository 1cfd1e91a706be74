package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"

	"example.com/healthcare/adapters/httpserver"
)

//go:embed static
var static embed.FS

// staticVersion is part of the addresses of the static files. It changes with their contents,
// so browsers can keep them.
var staticVersion = hashStatic()

func hashStatic() string {
	hash := sha256.New()
	files, err := fs.Glob(static, "static/*")
	if err != nil {
		panic(err) // the pattern is right
	}
	for _, name := range files {
		content, err := static.ReadFile(name)
		if err != nil {
			panic(err) // it was listed
		}
		hash.Write([]byte(name))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// serveStatic serves the style sheet, the script and the icon. They contain nothing of any
// person.
func (c *console) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := "static/" + r.PathValue("file")
	if _, err := fs.Stat(static, name); err != nil {
		c.serveUnknown(c.newPage(w, r))
		return
	}
	httpserver.RequestFrom(r.Context()).SetRoute(Path + "static/{version}/{file}")
	if r.PathValue("version") == staticVersion {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, static, name) //nolint:gosec // The embedded files are the only ones.
}
