/* Stands before the C library's file operations (LD_PRELOAD) and makes the n-th of them fail.
 *
 * Nothing happens until the process arms it: faults_arm(n, kind) counts operations that change files, on any thread;
 * at the n-th, kind 1 kills the process as `kill -9` would, just before the operation; kind 2 and all after it fail
 * with ENOSPC (only those that need room count then), kind 3 the n-th alone fails with EIO. faults_count() says how many there were,
 * also to the parent of a process that was killed: the number is shared with all processes that are forked.
 * Standard streams and pipes do not count: what is acknowledged goes through them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING = 0, KILL = 1, FULL = 2, BROKEN = 3 };
static atomic_long *count, at;
static atomic_int kind;

/* A process that forks children beside others counts for itself. */
__attribute__((constructor)) void faults_share(void) {
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
void faults_arm(long n, int what) { atomic_store(count, 0); atomic_store(&at, n); atomic_store(&kind, what); }
long faults_count(void) { return atomic_load(count); }

/* 0, or the errno with which this operation shall fail. */
static int fault(int needs_room) {
    int what = atomic_load(&kind);
    if (what == NOTHING || (what == FULL && !needs_room)) return 0;
    long n = atomic_fetch_add(count, 1) + 1, when = atomic_load(&at);
    if (what == KILL && n == when) kill(getpid(), SIGKILL);
    if (what == FULL && n >= when) return ENOSPC;
    if (what == BROKEN && n == when) return EIO;
    return 0;
}

static int is_file(int fd) {
    struct stat s;
    return fd > 2 && fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode));
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define FAIL_IF(condition, room) \
    do { int e = (condition) ? fault(room) : 0; if (e) { errno = e; return -1; } } while (0)

ssize_t write(int fd, const void *b, size_t n) { REAL(ssize_t, write, int, const void *, size_t); FAIL_IF(is_file(fd), 1); return real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, pwrite, int, const void *, size_t, off_t); FAIL_IF(is_file(fd), 1); return real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t); FAIL_IF(is_file(fd), 1); return real(fd, b, n, o); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(ssize_t, writev, int, const struct iovec *, int); FAIL_IF(is_file(fd), 1); return real(fd, v, n); }
int fsync(int fd) { REAL(int, fsync, int); FAIL_IF(is_file(fd), 0); return real(fd); }
int fdatasync(int fd) { REAL(int, fdatasync, int); FAIL_IF(is_file(fd), 0); return real(fd); }
int ftruncate(int fd, off_t n) { REAL(int, ftruncate, int, off_t); FAIL_IF(is_file(fd), 0); return real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(int, ftruncate64, int, off64_t); FAIL_IF(is_file(fd), 0); return real(fd, n); }
int rename(const char *a, const char *b) { REAL(int, rename, const char *, const char *); FAIL_IF(1, 1); return real(a, b); }
int renameat(int d, const char *a, int e, const char *b) { REAL(int, renameat, int, const char *, int, const char *); FAIL_IF(1, 1); return real(d, a, e, b); }
int unlink(const char *a) { REAL(int, unlink, const char *); FAIL_IF(1, 0); return real(a); }
int unlinkat(int d, const char *a, int f) { REAL(int, unlinkat, int, const char *, int); FAIL_IF(1, 0); return real(d, a, f); }
int mkdir(const char *a, mode_t m) { REAL(int, mkdir, const char *, mode_t); FAIL_IF(1, 1); return real(a, m); }
int rmdir(const char *a) { REAL(int, rmdir, const char *); FAIL_IF(1, 0); return real(a); }
size_t fwrite(const void *b, size_t s, size_t n, FILE *f) {
    REAL(size_t, fwrite, const void *, size_t, size_t, FILE *);
    int e = is_file(fileno(f)) ? fault(1) : 0;
    if (e) { errno = e; return 0; }
    return real(b, s, n, f);
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    FAIL_IF(flags & O_CREAT, 1);
    return real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
    return opened(real, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
    return opened(real, path, flags, mode);
}
