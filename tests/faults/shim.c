/* Fails or kills a process at its N-th change to files under one folder; loaded by LD_PRELOAD.

   FAULT_STATE names a file of 64-bit numbers, shared by all processes of a run: how many changes there were,
   the one to strike at (0: none), what to do there, errno, how many strikes there were, and how many seconds
   the clock of the day jumps (0: none); the folder stands behind them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NONE, ONCE, FROM_THEN_ON, KILL, TORN, ALL };
struct state { int64_t count, at, mode, error, struck, jump; char folder[4048]; };
static struct state *state;

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_STATE");
  if (!path) return;
  REAL(open);
  int fd = real(path, O_RDWR);
  if (fd < 0) return;
  void *at = mmap(0, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) state = at;
  close(fd);
}

static int inside(const char *path) {
  size_t length = state ? strlen(state->folder) : 0;
  return length && path && strncmp(path, state->folder, length) == 0;
}

static int inside_at(int dir, const char *path) {
  char link[64], place[4200];
  if (!state || !path) return 0;
  if (path[0] == '/') return inside(path);
  if (dir == AT_FDCWD) {
    if (!getcwd(place, sizeof place)) return 0;
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t n = readlink(link, place, sizeof place - 1);
    if (n < 0) return 0;
    place[n] = 0;
  }
  return inside(place);
}

static int inside_fd(int fd) {
  struct stat about;
  if (!state || fstat(fd, &about) || !S_ISREG(about.st_mode)) return 0;
  return inside_at(fd, "");
}

enum { PLAIN, GROWS, WRITES };

/* Count a change; return 1 where it has to fail, 2 where it is to be done by half. */
static int strikes(int kind) {
  int64_t now = __atomic_add_fetch(&state->count, 1, __ATOMIC_SEQ_CST);
  if (!state->at || now < state->at) return 0;
  if (state->mode == FROM_THEN_ON ? kind == PLAIN : now > state->at && state->mode != ALL) return 0;
  __atomic_add_fetch(&state->struck, 1, __ATOMIC_SEQ_CST);
  if (state->mode == KILL) kill(getpid(), SIGKILL);
  if (state->mode == TORN) { if (kind == WRITES) return 2; kill(getpid(), SIGKILL); }
  errno = (int)state->error;
  return 1;
}

static int makes(int flags) { return flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR); }

#define OPEN(name)                                                                    \
  int name(const char *path, int flags, ...) {                                        \
    REAL(name); mode_t mode = 0;                                                      \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
    if (makes(flags) && inside_at(AT_FDCWD, path) && strikes(GROWS)) return -1;           \
    return real(path, flags, mode);                                                   \
  }
OPEN(open)
OPEN(open64)
#define OPENAT(name)                                                                  \
  int name(int dir, const char *path, int flags, ...) {                               \
    REAL(name); mode_t mode = 0;                                                      \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
    if (makes(flags) && inside_at(dir, path) && strikes(GROWS)) return -1;                \
    return real(dir, path, flags, mode);                                              \
  }
OPENAT(openat)
OPENAT(openat64)

static ssize_t torn(int fd, const void *from, size_t size) {
  REAL(write);
  real(fd, from, size / 2);
  kill(getpid(), SIGKILL);
  return -1;
}
ssize_t write(int fd, const void *from, size_t size) {
  REAL(write);
  int struck = inside_fd(fd) ? strikes(WRITES) : 0;
  return struck == 2 ? torn(fd, from, size) : struck ? -1 : real(fd, from, size);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  if (inside_fd(fd) && strikes(GROWS)) return -1;
  return real(fd, parts, count);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  REAL(pwrite64);
  if (inside_fd(fd) && strikes(GROWS)) return -1;
  return real(fd, from, size, at);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
  REAL(copy_file_range);
  if (inside_fd(out) && strikes(GROWS)) return -1;
  return real(in, from, out, to, size, flags);
}
#include <sys/sendfile.h>
ssize_t sendfile64(int out, int in, off64_t *from, size_t size) {
  REAL(sendfile64);
  if (inside_fd(out) && strikes(GROWS)) return -1;
  return real(out, in, from, size);
}
ssize_t sendfile(int out, int in, off_t *from, size_t size) {
  REAL(sendfile);
  if (inside_fd(out) && strikes(GROWS)) return -1;
  return real(out, in, from, size);
}
int fsync(int fd) { REAL(fsync); return inside_at(fd, "") && strikes(GROWS) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return inside_at(fd, "") && strikes(GROWS) ? -1 : real(fd); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); return inside_fd(fd) && strikes(PLAIN) ? -1 : real(fd, size); }
int rename(const char *from, const char *to) {
  REAL(rename);
  return inside_at(AT_FDCWD, to) && strikes(PLAIN) ? -1 : real(from, to);
}
int renameat(int fd, const char *from, int dir, const char *to) {
  REAL(renameat);
  return inside_at(dir, to) && strikes(PLAIN) ? -1 : real(fd, from, dir, to);
}
int unlink(const char *path) { REAL(unlink); return inside_at(AT_FDCWD, path) && strikes(PLAIN) ? -1 : real(path); }
int unlinkat(int dir, const char *path, int flags) {
  REAL(unlinkat);
  return inside_at(dir, path) && strikes(PLAIN) ? -1 : real(dir, path, flags);
}
int rmdir(const char *path) { REAL(rmdir); return inside_at(AT_FDCWD, path) && strikes(PLAIN) ? -1 : real(path); }
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return inside_at(AT_FDCWD, path) && strikes(GROWS) ? -1 : real(path, mode);
}

/* Each time it is asked, the clock of the day stands elsewhere: now, in a while, or a while ago. */
static time_t jump(void) {
  static int64_t asked;
  if (!state || !state->jump) return 0;
  return (time_t)((__atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST) % 3 - 1) * state->jump);
}
int clock_gettime(clockid_t clock, struct timespec *at) {
  REAL(clock_gettime);
  int done = real(clock, at);
  if (!done && clock == CLOCK_REALTIME) at->tv_sec += jump();
  return done;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  REAL(gettimeofday);
  int done = real(at, zone);
  if (!done && at) at->tv_sec += jump();
  return done;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
