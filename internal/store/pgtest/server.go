// Package pgtest runs PostgreSQL for tests: servers of their own, on free ports of
// 127.0.0.1 and in folders that are thrown away, which tests may stop, kill and
// freeze. It needs Debian's package postgresql, or the same programs in the PATH.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Password is that of the servers' user, who owns all their databases. It is
// checked, and must not show up in any log.
const Password = "open-sesame"

const userName = "parley"

// patience is how long a server may take to start or to stop.
const patience = time.Minute

// Server is a PostgreSQL server. Its methods are for one goroutine at a time.
type Server struct {
	bin     string
	folder  string
	port    int
	process *os.Process
	ended   chan struct{} // closed when the process has ended
	guard   *exec.Cmd     // ends the server when the tests' process ends
}

// Options says what kind of server it is; the zero value is right for most tests.
type Options struct {
	Durable bool // commits wait for the disk: for measurements
}

// New makes a server in a folder of its own and starts it. Whoever calls it calls
// Remove in the end.
func New(o Options) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(place(o), "parley-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder}
	if err = s.init(o); err == nil {
		err = s.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// place returns where a server's files go: into memory, if there is room, as making
// a database for each test takes ten times longer on a disk.
func place(o Options) string {
	const memory, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if o.Durable || syscall.Statfs(memory, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return memory
}

// programs finds the folder with PostgreSQL's programs, the newest version's.
func programs() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("PostgreSQL is not installed, and these tests need it: apt-get install postgresql")
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// init creates the files of an empty server.
func (s *Server) init(o Options) error {
	if err := s.own(s.folder); err != nil {
		return err
	}
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o600); err != nil {
		return err
	}
	if err := s.own(secret); err != nil {
		return err
	}
	command := s.command(filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", userName, "--pwfile", secret,
		"--auth", "password", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(file, "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 128MB\n")
	if !o.Durable {
		// What was written outlives a killed server, if not a power cut.
		fmt.Fprintf(file, "fsync = off\nfull_page_writes = off\n")
	}
	return file.Close()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// serverUser returns whom the server runs as: PostgreSQL refuses root.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is nobody else to run it as: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

// own gives a file to the server's user.
func (s *Server) own(path string) error {
	as, err := serverUser()
	if as == nil || err != nil {
		return err
	}
	return os.Chown(path, int(as.Uid), int(as.Gid))
}

// command runs a program as the server's user, with messages in English.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = s.folder
	c.Env = []string{"LC_ALL=C.UTF-8"}
	// initdb finds out about this by itself.
	as, _ := serverUser()
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	return c
}

// Start starts the server, which was stopped, and returns when it answers.
func (s *Server) Start() error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err := s.launch()
		if err == nil {
			err = s.answers(end)
		}
		if err == nil || time.Now().After(end) {
			return err
		}
		// Somebody else took the port, or children of a killed server are still ending.
	}
}

func (s *Server) launch() error {
	if s.port == 0 {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c := s.command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port))
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Wait() // how it ended is in its log
	}()
	s.process, s.ended = c.Process, ended
	return s.watch()
}

// watch starts a shell that ends the server when its own input ends: when this
// process does, in whatever way.
func (s *Server) watch() error {
	s.guard = exec.Command("/bin/sh", "-c", `read -r _; kill -QUIT "$0"`, strconv.Itoa(s.process.Pid))
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // not interrupted with the tests
	if _, err := s.guard.StdinPipe(); err != nil {
		return err
	}
	return s.guard.Start()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// answers waits until the server takes connections, or has ended.
func (s *Server) answers(end time.Time) error {
	for {
		ctx, cancel := context.WithDeadline(context.Background(), end)
		conn, err := pgx.Connect(ctx, s.DSN("postgres"))
		cancel()
		if err == nil {
			return conn.Close(context.Background())
		}
		select {
		case <-s.ended:
			return errors.Join(s.dismiss(), s.failure(err))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			return s.failure(err)
		}
	}
}

func (s *Server) failure(err error) error {
	log, _ := os.ReadFile(s.logFile())
	return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, log)
}

func (s *Server) logFile() string { return filepath.Join(s.folder, "log") }

// dismiss ends the guard of a server that has ended.
func (s *Server) dismiss() error {
	err := s.guard.Process.Kill()
	s.guard.Wait() // killed
	return err
}

// Stop ends the server as an operator does who restarts it: connections are cut,
// transactions rolled back.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Kill ends the server as a crash does: nobody is told.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) error {
	if err := s.process.Signal(signal); err != nil {
		return err
	}
	select {
	case <-s.ended:
		return s.dismiss()
	case <-time.After(patience):
		return errors.New("PostgreSQL does not end")
	}
}

// Remove ends the server, if it still runs, and removes its files.
func (s *Server) Remove() error {
	var err error
	select {
	case <-s.ended:
	default:
		err = s.end(syscall.SIGQUIT)
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// DSN is the address of one of the server's databases.
func (s *Server) DSN(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(userName, Password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Exec runs a statement in a database, as an operator may.
func (s *Server) Exec(database, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN(database))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
