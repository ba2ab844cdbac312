#include "daemon/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNEL_VERSION 1u

struct packet {
    uint32_t version, kind;
    char text[sizeof((struct seki_error *)0)->text];
};

union control { /* room for the descriptors, aligned as the system wants it */
    struct cmsghdr header;
    char octets[CMSG_SPACE(sizeof(int) * CHANNEL_DESCRIPTORS_MAX)];
};

bool channel_pair(int ends[2], struct seki_error *why)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0)
        return true;
    int error = errno;
    seki_error_set(why, "cannot open a pair of sockets: %s", strerror(error));
    return false;
}

static void put_descriptors(struct msghdr *header, union control *control, const struct channel_message *message)
{
    size_t octets = sizeof(int) * message->descriptor_count;
    if (octets == 0)
        return;
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(octets);
    struct cmsghdr *entry = CMSG_FIRSTHDR(header);
    if (entry == NULL) /* only for the compiler: there is room for one */
        return;
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(octets);
    memcpy(CMSG_DATA(entry), message->descriptors, octets);
}

bool channel_send(int end, const struct channel_message *message, struct seki_error *why)
{
    struct packet packet = { .version = CHANNEL_VERSION, .kind = (uint32_t)message->kind };
    union control control = { 0 };
    struct iovec piece = { &packet, sizeof packet };
    struct msghdr header = { .msg_iov = &piece, .msg_iovlen = 1 };
    memcpy(packet.text, message->text.text, sizeof packet.text);
    put_descriptors(&header, &control, message);
    if (sendmsg(end, &header, MSG_NOSIGNAL) == (ssize_t)sizeof packet)
        return true;
    int error = errno;
    seki_error_set(why, "cannot send to the other process: %s", strerror(error));
    return false;
}

static void take_descriptors(struct msghdr *header, struct channel_message *message)
{
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(header); entry != NULL; entry = CMSG_NXTHDR(header, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(entry) + i * sizeof fd, sizeof fd);
            if (message->descriptor_count < CHANNEL_DESCRIPTORS_MAX)
                message->descriptors[message->descriptor_count++] = fd;
            else
                close(fd);
        }
    }
}

enum channel_received channel_receive(int end, struct channel_message *message)
{
    struct packet packet;
    union control control;
    struct iovec piece = { &packet, sizeof packet };
    struct msghdr header = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    *message = (struct channel_message){ 0 };
    ssize_t received = recvmsg(end, &header, MSG_CMSG_CLOEXEC);
    if (received < 0)
        return errno == EAGAIN || errno == EINTR ? CHANNEL_NOTHING : CHANNEL_CLOSED;
    take_descriptors(&header, message);
    bool is_ours = received == (ssize_t)sizeof packet && (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
                   packet.version == CHANNEL_VERSION && packet.kind >= CHANNEL_CONFIGURE &&
                   packet.kind <= CHANNEL_REFUSED;
    if (!is_ours) {
        channel_close_descriptors(message);
        return CHANNEL_CLOSED;
    }
    message->kind = (enum channel_kind)packet.kind;
    memcpy(message->text.text, packet.text, sizeof packet.text);
    message->text.text[sizeof message->text.text - 1] = '\0';
    return CHANNEL_MESSAGE;
}

void channel_close_descriptors(struct channel_message *message)
{
    for (size_t i = 0; i < message->descriptor_count; i++) {
        if (message->descriptors[i] >= 0)
            close(message->descriptors[i]);
    }
    message->descriptor_count = 0;
}

int channel_text_to_file(struct seki_str text, struct seki_error *why)
{
    int file = memfd_create("sekisho-configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && write(file, text.ptr, text.len) == (ssize_t)text.len &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return file;
    int error = errno;
    if (file >= 0)
        close(file);
    seki_error_set(why, "cannot keep the configuration in a memory file: %s", strerror(error));
    return -1;
}

bool channel_file_to_text(int file, struct seki_buf *buf, struct seki_error *why)
{
    char piece[8192];
    off_t offset = 0;
    ssize_t len;
    while ((len = pread(file, piece, sizeof piece, offset)) > 0) {
        seki_buf_add(buf, (struct seki_str){ piece, (size_t)len });
        offset += len;
    }
    if (len == 0 && seki_buf_failed(buf) == SEKI_OK)
        return true;
    seki_error_set(why, "cannot read the configuration that the supervisor sent");
    return false;
}
