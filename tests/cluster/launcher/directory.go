package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	directoryPrefix = "holdfast-testcluster-"
	lockName        = "launcher.lock"
	memoryRoot      = "/dev/shm"
	memoryWanted    = 1 << 30 // bytes free in /dev/shm for etcd to live there
)

// ownedDirectory is a directory of this launcher alone. A lock in it, held as long as the launcher
// lives, tells a later launcher whether a directory it finds was left behind by one that was killed.
type ownedDirectory struct {
	path string
	lock *os.File
}

// newDirectory creates a directory with a fresh name under root.
func newDirectory(root string) (*ownedDirectory, error) {
	path, err := os.MkdirTemp(root, directoryPrefix)
	if err != nil {
		return nil, err
	}
	return lockDirectory(path)
}

// takeDirectory creates the directory at path, or takes it when it is there and empty.
func takeDirectory(path string) (*ownedDirectory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("--dir %s is not empty: it would be removed at the end", path)
	}
	return lockDirectory(path)
}

func lockDirectory(path string) (*ownedDirectory, error) {
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("cannot lock %s: %w", lock.Name(), err)
	}
	return &ownedDirectory{path: path, lock: lock}, nil
}

func (d *ownedDirectory) remove() error {
	if d == nil {
		return nil
	}
	err := os.RemoveAll(d.path)
	return errors.Join(err, d.lock.Close())
}

// newDataDirectory is where etcd writes: in memory when there is room, so that its log costs no
// disk; else below the fallback.
func newDataDirectory(fallback string) (*ownedDirectory, error) {
	var room syscall.Statfs_t
	if err := syscall.Statfs(memoryRoot, &room); err == nil && room.Bavail*uint64(room.Bsize) >= memoryWanted {
		if d, err := newDirectory(memoryRoot); err == nil {
			return d, nil
		}
	}
	return newDirectory(fallback)
}

// sweep removes what killed launchers of this user left under root. It leaves alone what is locked,
// and what is so young that its launcher may not have locked it yet.
func sweep(root string) {
	found, err := filepath.Glob(filepath.Join(root, directoryPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if status, ok := info.Sys().(*syscall.Stat_t); !ok || int(status.Uid) != os.Getuid() {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		lock.Close()
	}
}
