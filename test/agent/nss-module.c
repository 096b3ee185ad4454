/*
 * A name service of the tests: one user and two groups that no file has, as SSSD or LDAP would give them.
 */

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>

#define USER_NAME "visitor@corp.example"
#define USER_ID 4000000001u
#define GROUP_NAME "tokens@corp.example"
#define GROUP_ID 4000000003u
#define OWN_GROUP_ID 4000000002u

static enum nss_status user(struct passwd *found, char *room, size_t length, int *error) {
  if (length < sizeof USER_NAME) {
    *error = ERANGE;
    return NSS_STATUS_TRYAGAIN;
  }
  found->pw_name = strcpy(room, USER_NAME);
  found->pw_passwd = found->pw_gecos = found->pw_dir = found->pw_shell = "";
  found->pw_uid = USER_ID;
  found->pw_gid = OWN_GROUP_ID;
  return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_landfast_getpwuid_r(uid_t id, struct passwd *found, char *room, size_t length, int *error) {
  return id == USER_ID ? user(found, room, length, error) : NSS_STATUS_NOTFOUND;
}

enum nss_status _nss_landfast_getpwnam_r(const char *name, struct passwd *found, char *room, size_t length, int *error) {
  return strcmp(name, USER_NAME) == 0 ? user(found, room, length, error) : NSS_STATUS_NOTFOUND;
}

enum nss_status _nss_landfast_getgrgid_r(gid_t id, struct group *found, char *room, size_t length, int *error) {
  static char *nobody[] = {0};
  (void)room, (void)length, (void)error;
  if (id != GROUP_ID) return NSS_STATUS_NOTFOUND;
  found->gr_name = GROUP_NAME;
  found->gr_passwd = "";
  found->gr_gid = GROUP_ID;
  found->gr_mem = nobody;
  return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_landfast_initgroups_dyn(const char *name, gid_t own, long *count, long *room, gid_t **groups, long limit, int *error) {
  (void)own, (void)room, (void)limit, (void)error;
  if (strcmp(name, USER_NAME) != 0) return NSS_STATUS_NOTFOUND;
  (*groups)[(*count)++] = GROUP_ID;
  return NSS_STATUS_SUCCESS;
}
