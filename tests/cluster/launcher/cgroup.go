package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const cgroupRoot = "/sys/fs/cgroup"

// cgroupHierarchies are the mounted ones: one of version 2, or several of version 1.
func cgroupHierarchies() []string {
	if _, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers")); err == nil {
		return []string{cgroupRoot}
	}
	found, _ := filepath.Glob(filepath.Join(cgroupRoot, "*", "cgroup.procs"))
	for i, path := range found {
		found[i] = filepath.Dir(path)
	}
	return found
}

// makeCgroups makes the cgroup in every hierarchy.
func makeCgroups(name string) error {
	hierarchies := cgroupHierarchies()
	if len(hierarchies) == 0 {
		return fmt.Errorf("no cgroups at %s", cgroupRoot)
	}
	for _, hierarchy := range hierarchies {
		if err := os.Mkdir(filepath.Join(hierarchy, name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("no cgroup can be made: %w", err)
		}
	}
	return nil
}

// removeCgroups removes the cgroup and all below it from every hierarchy. Its processes must have ended, or
// be about to.
func removeCgroups(name string) error {
	var errs []error
	for _, hierarchy := range cgroupHierarchies() {
		errs = append(errs, removeCgroup(filepath.Join(hierarchy, name)))
	}
	return errors.Join(errs...)
}

func removeCgroup(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeCgroup(filepath.Join(path, entry.Name())); err != nil {
				return err
			}
		}
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Rmdir(path)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) { // what is dying keeps it busy
			return fmt.Errorf("cannot remove %s: %w", path, err)
		}
	}
}
