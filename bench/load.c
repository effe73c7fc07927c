/* Load on a USSD gateway: each phone walks whole sessions on its own keep-alive connection, closed loop, one thread.
 *
 *   load PORT PATH PHONES WARM_S SECONDS SCRIPT SALT FIRST TIMES
 *
 * SCRIPT has a line for each hop: what is typed, TAB, how the answer begins, TAB, what it must contain. {n} is this
 * session's own 12-digit number and {d} its choice, so that an answer meant for another session counts as wrong.
 * The number is the end of the session's id: whoever stores both can be checked afterwards. FIRST is the first
 * citizen's number, TIMES a file for what each hop took: 32-bit numbers of us.
 * Prints one line of JSON. An answer is wrong, or missing after 10 s, or right; nothing else is counted as a hop.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { HOPS_MAX = 16, LINE = 512, IN = 16384, PEOPLE = 100000 };
static const uint64_t PATIENCE = 10000000000ull;
typedef struct {
  int fd, hop, got;
  uint64_t sent;
  char session[64], phone[20], number[16], district[4], text[256], in[IN];
} Phone;

static char typed[HOPS_MAX][LINE], begins[HOPS_MAX][LINE], holds[HOPS_MAX][LINE];
static int hops, port, poll_fd, shown;
static const char *path, *salt;
static struct sockaddr_in server;
static uint64_t first, seed, serial, answers, right, wrong, lost, sessions;
static uint32_t *times;
static size_t timed, room = 1 << 20;

static uint64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static uint64_t any(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }

static void filled(char *out, size_t size, const char *text, const Phone *p) {
  size_t at = 0;
  for (; *text && at + 20 < size; text++) {
    if (!strncmp(text, "{n}", 3)) { at += sprintf(out + at, "%s", p->number); text += 2; }
    else if (!strncmp(text, "{d}", 3)) { at += sprintf(out + at, "%s", p->district); text += 2; }
    else if (!strncmp(text, "\\n", 2)) { out[at++] = '\n'; text++; }
    else out[at++] = *text;
  }
  out[at] = 0;
}

static void begin(Phone *p) {
  p->hop = 0; p->text[0] = 0;
  snprintf(p->number, sizeof p->number, "%012llu", (unsigned long long)(any() % 1000000000000ull));
  snprintf(p->district, sizeof p->district, "%d", 1 + (int)(any() % 6));
  snprintf(p->phone, sizeof p->phone, "964770%07d", (int)((first + serial) % PEOPLE)); /* one call a citizen: a second would find the first one's form */
  snprintf(p->session, sizeof p->session, "ATUid_%s_%08llx_%s", salt, (unsigned long long)serial++, p->number);
}

static void connected(Phone *p) {
  p->fd = socket(AF_INET, SOCK_STREAM, 0);
  int one = 1;
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(p->fd, (struct sockaddr *)&server, sizeof server)) { perror("connect"); exit(3); }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->fd, &event);
}

static void ask(Phone *p) {
  char input[LINE], body[700], request[1500];
  filled(input, sizeof input, typed[p->hop], p);
  if (input[0]) { if (p->text[0]) strcat(p->text, "%2A"); strcat(p->text, input); }
  int size = snprintf(body, sizeof body, "sessionId=%s&serviceCode=%%2A964%%23&phoneNumber=%%2B%s&networkCode=41820&text=%s", p->session, p->phone, p->text);
  int length = snprintf(request, sizeof request,
    "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: load\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
    path, port, size, body);
  p->got = 0; p->sent = now();
  if (send(p->fd, request, length, MSG_NOSIGNAL) != length) { close(p->fd); connected(p); send(p->fd, request, length, MSG_NOSIGNAL); }
}

static void answered(Phone *p, int status, const char *body, int measuring) {
  char start[LINE], part[LINE];
  filled(start, sizeof start, begins[p->hop], p);
  filled(part, sizeof part, holds[p->hop], p);
  int good = status == 200 && !strncmp(body, start, strlen(start)) && strstr(body, part);
  if (!good && shown++ < 5) fprintf(stderr, "wrong: hop %d, status %d: %.160s\n", p->hop, status, body);
  answers += good;
  if (measuring && good) {
    if (timed == room) times = realloc(times, (room *= 2) * sizeof *times);
    times[timed++] = (uint32_t)((now() - p->sent) / 1000);
    right++;
    sessions += p->hop == hops - 1;
  }
  wrong += !good;
  if (!good || ++p->hop == hops) begin(p);
  ask(p);
}

static void receive(Phone *p, int measuring) {
  ssize_t got = recv(p->fd, p->in + p->got, IN - 1 - p->got, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) { lost += measuring; close(p->fd); connected(p); begin(p); ask(p); return; }
  p->in[p->got += got] = 0;
  char *end = strstr(p->in, "\r\n\r\n");
  if (!end) return;
  long length = -1;
  for (char *line = p->in; line < end && line; line = strstr(line + 2, "\r\n")) {
    char *name = line == p->in ? line : line + 2;
    if (!strncasecmp(name, "content-length:", 15)) length = atol(name + 15);
  }
  if (length < 0) { fprintf(stderr, "an answer without a length\n"); exit(4); }
  if (p->in + p->got - (end + 4) < length) return;
  answered(p, atoi(p->in + 9), end + 4, measuring);
}

static void read_script(const char *name) {
  FILE *file = fopen(name, "r");
  char line[3 * LINE];
  while (file && hops < HOPS_MAX && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *rest = line;
    snprintf(typed[hops], LINE, "%s", strsep(&rest, "\t"));
    snprintf(begins[hops], LINE, "%s", rest ? strsep(&rest, "\t") : "");
    snprintf(holds[hops++], LINE, "%s", rest ? rest : "");
  }
}

int main(int count, char **words) {
  if (count != 10) return 2;
  port = atoi(words[1]); path = words[2]; salt = words[7]; first = atoi(words[8]);
  int phones = atoi(words[3]);
  read_script(words[6]);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  seed = (now() | 1) * 2654435761u;
  times = malloc(room * sizeof *times);
  poll_fd = epoll_create1(0);
  Phone *all = calloc(phones, sizeof *all);
  uint64_t start = now() + (uint64_t)(atof(words[4]) * 1e9), stop = start + (uint64_t)(atof(words[5]) * 1e9), looked = now();
  for (int i = 0; i < phones; i++) { begin(all + i); connected(all + i); ask(all + i); usleep(700); } /* phases apart */
  struct epoll_event events[256];
  for (uint64_t t = now(); t < stop; t = now()) {
    int ready = epoll_wait(poll_fd, events, 256, 100);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr, t >= start);
    if (t - looked > 500000000ull) {
      looked = t;
      for (int i = 0; i < phones; i++)
        if (t > all[i].sent + PATIENCE) { lost++; close(all[i].fd); connected(all + i); begin(all + i); ask(all + i); }
    }
  }
  FILE *file = fopen(words[9], "wb");
  if (!file || fwrite(times, sizeof *times, timed, file) != timed || fclose(file)) { perror(words[9]); return 5; }
  printf("{\"answers\":%llu,\"hops\":%llu,\"sessions\":%llu,\"wrong\":%llu,\"lost\":%llu}\n", (unsigned long long)answers,
         (unsigned long long)right, (unsigned long long)sessions, (unsigned long long)wrong, (unsigned long long)lost);
}
