// sqlite: database/sql with two open connections at most.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type drv struct{}
type conn struct{}
type stmt struct{}
type rows struct{ n int }

func (drv) Open(string) (driver.Conn, error)            { return conn{}, nil }
func (conn) Prepare(string) (driver.Stmt, error)        { return stmt{}, nil }
func (conn) Close() error                               { return nil }
func (conn) Begin() (driver.Tx, error)                  { return nil, io.EOF }
func (stmt) Close() error                               { return nil }
func (stmt) NumInput() int                              { return 0 }
func (stmt) Exec([]driver.Value) (driver.Result, error) { return nil, io.EOF }
func (stmt) Query([]driver.Value) (driver.Rows, error) {
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=6")
	if err == nil {
		r.Body.Close()
	}
	return &rows{}, nil
}
func (*rows) Columns() []string { return []string{"a"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(d []driver.Value) error {
	if r.n > 0 {
		return io.EOF
	}
	r.n++
	d[0] = int64(7)
	return nil
}

type repo struct{ db *sql.DB }

func (r *repo) load(ctx context.Context, id string) (n int) {
	r.db.QueryRowContext(ctx, "select a").Scan(&n)
	return
}
func main() {
	sql.Register("d", drv{})
	db, _ := sql.Open("d", "")
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(2)
	r := &repo{db}
	http.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) { fmt.Fprint(w, r.load(q.Context(), q.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
