/* What a process is told of the clock and the disk, as a test has it; for LD_PRELOAD (see world.py).
 *
 * WORLD names a file of three 64-bit integers, mapped here and written by the test:
 *   how many nanoseconds the wall clock is ahead (monotonic clocks are left alone),
 *   how many microseconds a sync takes longer,
 *   the errno that every write to a file of the store meets (0: none).
 * The store's files are those whose path begins with WORLD_STORE. SQLite writes with pwrite, grows with ftruncate and
 * fallocate; nothing else in the gateway does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t nothing[3];
static volatile int64_t *world = nothing;
static const char *store;

enum { AHEAD_NS, SYNC_US, WRITE_ERRNO };

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("WORLD");
	store = getenv("WORLD_STORE");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0)
		return;
	void *mapped = mmap(NULL, sizeof nothing, PROT_READ, MAP_SHARED, file, 0);
	if (mapped != MAP_FAILED)
		world = mapped;
	close(file);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static __typeof__(&clock_gettime) real;
	if (!real)
		real = REAL(clock_gettime);
	int result = real(clock, ts);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		int64_t ns = (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec + world[AHEAD_NS];
		ts->tv_sec = ns / 1000000000;
		ts->tv_nsec = ns % 1000000000;
	}
	return result;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *at)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (at)
		*at = ts.tv_sec;
	return ts.tv_sec;
}

static int is_stores(const char *path)
{
	return store && path && strncmp(path, store, strlen(store)) == 0;
}

/* The errno that a write to this descriptor meets. */
static int refusal(int file)
{
	char link[64], path[4096];
	if (!world[WRITE_ERRNO])
		return 0;
	char *end = stpcpy(link, "/proc/self/fd/");
	char digits[16];
	int n = 0, number = file;
	do
		digits[n++] = '0' + number % 10;
	while (number /= 10);
	while (n)
		*end++ = digits[--n];
	*end = 0;
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return 0;
	path[length] = 0;
	return is_stores(path) ? (int)world[WRITE_ERRNO] : 0;
}

#define UNLESS_REFUSED(file, call)           \
	int refused = refusal(file);         \
	if (refused) {                       \
		errno = refused;             \
		return -1;                   \
	}                                    \
	return call

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
	UNLESS_REFUSED(file, REAL(pwrite)(file, data, size, at));
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at)
{
	UNLESS_REFUSED(file, REAL(pwrite64)(file, data, size, at));
}

int ftruncate(int file, off_t size)
{
	UNLESS_REFUSED(file, REAL(ftruncate)(file, size));
}

int ftruncate64(int file, off64_t size)
{
	UNLESS_REFUSED(file, REAL(ftruncate64)(file, size));
}

int posix_fallocate(int file, off_t at, off_t size)
{
	int refused = refusal(file);
	return refused ? refused : REAL(posix_fallocate)(file, at, size);
}

int posix_fallocate64(int file, off64_t at, off64_t size)
{
	int refused = refusal(file);
	return refused ? refused : REAL(posix_fallocate64)(file, at, size);
}

static void dawdle(void)
{
	if (world[SYNC_US])
		usleep((useconds_t)world[SYNC_US]);
}

int fsync(int file)
{
	dawdle();
	return REAL(fsync)(file);
}

int fdatasync(int file)
{
	dawdle();
	return REAL(fdatasync)(file);
}

/* A file system that has become read-only lets nobody open for writing either. */
#define OPEN(name)                                                                  \
	int name(const char *path, int flags, ...)                                  \
	{                                                                           \
		va_list arguments;                                                  \
		va_start(arguments, flags);                                         \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
		va_end(arguments);                                                  \
		if (world[WRITE_ERRNO] == EROFS && (flags & O_ACCMODE) != O_RDONLY && is_stores(path)) { \
			errno = EROFS;                                              \
			return -1;                                                  \
		}                                                                   \
		return REAL(name)(path, flags, mode);                               \
	}

OPEN(open)
OPEN(open64)
