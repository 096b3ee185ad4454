/*
 * A clock that is CLOCK_AHEAD seconds ahead, for a program and what it starts: the system's time, and the times of files,
 * which the kernel stamps with the true one.
 *
 * libfaketime leaves out statx, by which Node reads the times of files, and ends a program that another user goes on with.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name, ...)                                                                                                \
  static __typeof__(name) *next;                                                                                       \
  if (!next) next = dlsym(RTLD_NEXT, #name)

static time_t ahead(void) {
  static time_t seconds = -1;
  if (seconds < 0) {
    const char *given = getenv("CLOCK_AHEAD");
    seconds = given ? atol(given) : 0;
  }
  return seconds;
}

/* --- the time of the system --- */

static int is_moved(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  NEXT(clock_gettime);
  int result = next(clock, time);
  if (result == 0 && is_moved(clock)) time->tv_sec += ahead();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return result;
}

time_t time(time_t *time) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (time) *time = now.tv_sec;
  return now.tv_sec;
}

/* --- waiting until a time of the system --- */

static struct timespec unmoved(struct timespec time) {
  time.tv_sec -= ahead();
  return time;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
  NEXT(clock_nanosleep);
  if (!is_moved(clock) || !(flags & TIMER_ABSTIME)) return next(clock, flags, until, left);
  struct timespec then = unmoved(*until);
  return next(clock, flags, &then, left);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
  NEXT(sem_timedwait);
  struct timespec then = unmoved(*until);
  return next(semaphore, &then);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  NEXT(pthread_mutex_timedlock);
  struct timespec then = unmoved(*until);
  return next(mutex, &then);
}

/* A condition does not say by which clock it waits: a time of the first years after 1970 is one since the start. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
  static __typeof__(pthread_cond_timedwait) *next;
  if (!next) next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!next) next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  struct timespec then = until->tv_sec > time(NULL) / 2 ? unmoved(*until) : *until;
  return next(condition, mutex, &then);
}

/* --- the times of files --- */

static int moved_stat(int result, struct stat *found) {
  if (result != 0) return result;
  found->st_atim.tv_sec += ahead();
  found->st_mtim.tv_sec += ahead();
  found->st_ctim.tv_sec += ahead();
  return result;
}

static int moved_statx(int result, struct statx *found) {
  if (result != 0) return result;
  found->stx_atime.tv_sec += ahead();
  found->stx_mtime.tv_sec += ahead();
  found->stx_ctime.tv_sec += ahead();
  found->stx_btime.tv_sec += ahead();
  return result;
}

int stat(const char *restrict path, struct stat *restrict found) {
  NEXT(stat);
  return moved_stat(next(path, found), found);
}

int lstat(const char *restrict path, struct stat *restrict found) {
  NEXT(lstat);
  return moved_stat(next(path, found), found);
}

int fstat(int file, struct stat *found) {
  NEXT(fstat);
  return moved_stat(next(file, found), found);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict found, int flags) {
  NEXT(fstatat);
  return moved_stat(next(folder, path, found, flags), found);
}

/* The same on a system of 64 bits. */
int stat64(const char *restrict path, struct stat64 *restrict found) { return stat(path, (struct stat *)found); }
int lstat64(const char *restrict path, struct stat64 *restrict found) { return lstat(path, (struct stat *)found); }
int fstat64(int file, struct stat64 *found) { return fstat(file, (struct stat *)found); }
int fstatat64(int folder, const char *restrict path, struct stat64 *restrict found, int flags) {
  return fstatat(folder, path, (struct stat *)found, flags);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict found) {
  NEXT(statx);
  return moved_statx(next(folder, path, flags, mask, found), found);
}

static const struct timespec *unmoved_times(const struct timespec given[2], struct timespec times[2]) {
  if (!given) return NULL;
  for (int each = 0; each < 2; each++) {
    int is_a_time = given[each].tv_nsec != UTIME_NOW && given[each].tv_nsec != UTIME_OMIT;
    times[each] = is_a_time ? unmoved(given[each]) : given[each];
  }
  return times;
}

int utimensat(int folder, const char *path, const struct timespec given[2], int flags) {
  NEXT(utimensat);
  struct timespec times[2];
  return next(folder, path, unmoved_times(given, times), flags);
}

int futimens(int file, const struct timespec given[2]) {
  NEXT(futimens);
  struct timespec times[2];
  return next(file, unmoved_times(given, times));
}

/* --- by number, as some libraries ask --- */

long syscall(long number, ...) {
  NEXT(syscall);
  long with[6];
  va_list rest;
  va_start(rest, number);
  for (int each = 0; each < 6; each++) with[each] = va_arg(rest, long);
  va_end(rest);
  long result = next(number, with[0], with[1], with[2], with[3], with[4], with[5]);
  if (number == SYS_statx) moved_statx((int)result, (struct statx *)with[4]);
  if (number == SYS_clock_gettime && result == 0 && is_moved((clockid_t)with[0])) {
    ((struct timespec *)with[1])->tv_sec += ahead();
  }
  return result;
}
