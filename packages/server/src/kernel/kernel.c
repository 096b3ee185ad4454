/*
 * What Node cannot ask the kernel: about one socket (netlink), and for an attribute of a file; and what it cannot send, a
 * datagram to a Unix socket, by which systemd is told that a service is ready.
 *
 * It moves bytes; what they mean is in TypeScript beside it. It names no C library, so one file serves every Linux of its
 * processor, with glibc or with musl. scripts/kernel.ts compiles it.
 *
 * https://man7.org/linux/man-pages/man7/sock_diag.7.html, https://man7.org/linux/man-pages/man5/acl.5.html,
 * https://man7.org/linux/man-pages/man3/sd_notify.3.html
 */

typedef long ssize;
typedef unsigned long size;

/* Of Node-API, whose binary interface does not change: https://nodejs.org/api/n-api.html */
typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
extern int napi_create_int64(napi_env, long long, napi_value *);
extern int napi_get_value_int32(napi_env, napi_value, int *);
extern int napi_get_buffer_info(napi_env, napi_value, void **, size *);
extern int napi_get_cb_info(napi_env, napi_callback_info, size *, napi_value *, napi_value *, void **);
extern int napi_create_function(napi_env, const char *, size, napi_callback, void *, napi_value *);
extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
#define TO_ITS_END ((size)-1)

/* Of any C library. */
extern int socket(int, int, int);
extern int connect(int, const void *, unsigned);
extern int close(int);
extern ssize send(int, const void *, size, int);
extern ssize sendto(int, const void *, size, int, const void *, unsigned);
extern ssize recv(int, void *, size, int);
extern ssize getxattr(const char *, const char *, void *, size);
extern int *__errno_location(void);

#define AF_UNIX 1
#define AF_NETLINK 16
#define SOCK_DGRAM_CLOEXEC (2 | 02000000)
#define SOCK_RAW_CLOEXEC (3 | 02000000)
#define NETLINK_SOCK_DIAG 4
#define MSG_DONTWAIT 0x40
#define MSG_TRUNC 0x20
#define MSG_NOSIGNAL 0x4000

/* A message begins with its length (4), type (2), flags (2) and the number of the question (4). */
#define HEADER 16
#define NUMBER 2

struct netlink_address {
  unsigned short family;
  unsigned short pad;
  unsigned port;
  unsigned groups;
};

/* An address holds its family (2) and a path: one that ends with a zero, or an abstract one that begins with it. */
#define PATH_AT 2
#define ADDRESS_MAX 110

/* The hash of this file, by which a test knows that it was compiled from it. */
const char landfast_kernel_source[] = "source " SOURCE_HASH;

static napi_value number(napi_env env, ssize value) {
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

/* Where the system fails, a function returns the negative errno. */
static napi_value outcome(napi_env env, ssize value) {
  return number(env, value < 0 ? -(ssize)*__errno_location() : value);
}

/* openDiagnosis(): a descriptor for ask(). Connected to the kernel, it takes nothing from processes. */
static napi_value open_diagnosis(napi_env env, napi_callback_info info) {
  struct netlink_address kernel = {AF_NETLINK, 0, 0, 0};
  int fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  (void)info;
  if (fd >= 0 && connect(fd, &kernel, sizeof kernel) < 0) {
    napi_value failure = outcome(env, -1);
    close(fd);
    return failure;
  }
  return outcome(env, fd);
}

/* ask(fd, question, answer): how many bytes the answer has. The kernel answers before send() returns. */
static napi_value ask(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size count = 3, asked = 0, room = 0;
  void *question = 0, *answer = 0;
  int fd = -1;
  ssize length;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  napi_get_value_int32(env, arguments[0], &fd);
  napi_get_buffer_info(env, arguments[1], &question, &asked);
  napi_get_buffer_info(env, arguments[2], &answer, &room);
  if (!question || !answer || asked < HEADER || room < HEADER) return number(env, 0);
  if (send(fd, question, asked, MSG_DONTWAIT) < 0) return outcome(env, -1);
  /* Answers to former questions that nobody took are thrown away. */
  do {
    length = recv(fd, answer, room, MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) return outcome(env, -1);
  } while (length < HEADER || ((unsigned *)answer)[NUMBER] != ((unsigned *)question)[NUMBER]);
  return number(env, length);
}

/* attribute(path, name, value): how many bytes the value has. Path and name end with a zero. */
static napi_value attribute(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size count = 3, path_length = 0, name_length = 0, room = 0;
  void *path = 0, *name = 0, *value = 0;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  napi_get_buffer_info(env, arguments[0], &path, &path_length);
  napi_get_buffer_info(env, arguments[1], &name, &name_length);
  napi_get_buffer_info(env, arguments[2], &value, &room);
  if (!path_length || ((char *)path)[path_length - 1]) return number(env, 0);
  if (!name_length || ((char *)name)[name_length - 1]) return number(env, 0);
  return outcome(env, getxattr(path, name, value, room));
}

/* notify(address, message): sends one datagram to the Unix socket at the address, as the kernel has it, and waits if need be. */
static napi_value notify(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  size count = 2, address_length = 0, length = 0;
  void *address = 0, *message = 0;
  int fd;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  napi_get_buffer_info(env, arguments[0], &address, &address_length);
  napi_get_buffer_info(env, arguments[1], &message, &length);
  if (!address || address_length <= PATH_AT || address_length > ADDRESS_MAX) return number(env, 0);
  if (!message || *(unsigned short *)address != AF_UNIX) return number(env, 0);
  fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) return outcome(env, -1);
  result = outcome(env, sendto(fd, message, length, MSG_NOSIGNAL, address, (unsigned)address_length));
  close(fd);
  return result;
}

static void offer(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, TO_ITS_END, callback, 0, &function);
  napi_set_named_property(env, exports, name, function);
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  offer(env, exports, "openDiagnosis", open_diagnosis);
  offer(env, exports, "ask", ask);
  offer(env, exports, "attribute", attribute);
  offer(env, exports, "notify", notify);
  return exports;
}
