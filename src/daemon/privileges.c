/* The filter is a list of what is refused, not of what is allowed: libraries may come to use another harmless call
 * with any update, and mail must not stop for that. The strict list is in the systemd unit, where it can be changed.
 *
 * ptrace and process_vm_* are not in it: without privileges they reach only processes of the same user, and leak
 * detection in tests needs them. */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool privileges_find_user(struct seki_str user, struct seki_str group, struct privileges_user *user_out,
                          struct seki_error *why)
{
    *user_out = (struct privileges_user){ 0 };
    if (geteuid() != 0)
        return true;
    const struct passwd *passwd = getpwnam(user.ptr);
    if (passwd == NULL) {
        seki_error_set(why, "[daemon] user: there is no user \"%s\" here; create it, or name another", user.ptr);
        return false;
    }
    *user_out = (struct privileges_user){ true, passwd->pw_uid, passwd->pw_gid };
    const struct group *entry = group.len > 0 ? getgrnam(group.ptr) : NULL;
    if (group.len > 0 && entry == NULL) {
        seki_error_set(why, "[daemon] group: there is no group \"%s\" here; create it, or name another", group.ptr);
        return false;
    }
    if (entry != NULL)
        user_out->gid = entry->gr_gid;
    return true;
}

bool privileges_drop(const struct privileges_user *user, struct seki_error *why)
{
    if (user->is_set) {
        if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
            setresuid(user->uid, user->uid, user->uid) != 0) {
            int error = errno;
            seki_error_set(why, "cannot become user %u, group %u: %s", (unsigned)user->uid, (unsigned)user->gid,
                           strerror(error));
            return false;
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        int error = errno;
        seki_error_set(why, "cannot set no_new_privs: %s", strerror(error));
        return false;
    }
    return true;
}

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OUR_ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define OUR_ARCHITECTURE AUDIT_ARCH_S390X
#else
#error "which AUDIT_ARCH_* does this machine have? Add it here."
#endif

/* Calls with this bit are those of the x32 interface of x86_64, the same calls under other numbers. */
#define X32_CALL_BIT 0x40000000u

static const unsigned denied_calls[] = {
    SYS_execve,
    SYS_execveat,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_open_by_handle_at,
    SYS_personality,
};
#define DENIED_COUNT (sizeof denied_calls / sizeof denied_calls[0])

bool privileges_deny_calls(struct seki_error *why)
{
    /* Load the architecture, and let calls of another one (32 bit) fail; load the number; one comparison per denied
     * call, each jumping to the "refuse" at the end; allow. */
    struct sock_filter filter[DENIED_COUNT + 7];
    const size_t refuse_at = DENIED_COUNT + 6;
    size_t n = 0;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    filter[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALL_BIT,
                                             (unsigned char)(refuse_at - n - 1), 0);
    n++;
    for (size_t i = 0; i < DENIED_COUNT; i++, n++)
        filter[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied_calls[i],
                                                 (unsigned char)(refuse_at - n - 1), 0);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog program = { .len = (unsigned short)n, .filter = filter };
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return true;
    int error = errno;
    seki_error_set(why, "cannot install the system call filter: %s", strerror(error));
    return false;
}
