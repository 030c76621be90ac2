/* A PLC in C over libmodbus: its own program of the handshake, written from docs/integrator.md.
 *
 * It shares no line with Passgate, so that a misreading that both sides of our own code have in common shows here.
 * It serves the two blocks, raises triggers as fast as Passgate is ready, keeps promise 2 by itself, and writes one
 * JSON line for each part that has left. It ends when all parts are through and acknowledged.
 *
 *     libmodbus_plc PARTS FIRST_SEQ BOOT_ID LOG
 *
 * "port N" comes on stdout once it listens, a JSON summary at the end. One scan is 5 ms; all times in ms.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BASE = 0, VISION_BASE = 100, VISION_SIZE = 21, REGISTERS = VISION_BASE + VISION_SIZE };
enum { SCAN_MS = 5, WATCHDOG_MS = 300, DEADLINE_MS = 500, RESET_AFTER_MS = 500, RESET_PULSE_MS = 200 };
enum { TO_DIVERTER_MS = 15, PATIENCE_MS = 20000, MOST = 64 };

enum line_word { L_MAP, L_BEAT, L_BITS, L_TRIGGER, L_ID_HIGH, L_ID_LOW, L_RECIPE, L_RESULT_ACK, L_OUTCOME,
                 L_OUTCOME_SEQ, L_ERROR_ACK, L_DEADLINE, L_BOOT, L_SPEED, L_DIVERTER, L_REFUSED, LINE_SIZE };
enum vision_word { V_MAP, V_BEAT, V_BITS, V_STATE, V_TRIGGER_ACK, V_HEAD, V_ID_HIGH, V_ID_LOW, V_DECISION,
                   V_COMPLEMENT, V_DEFECT, V_CONFIDENCE, V_LATENCY, V_RECIPE, V_ERROR, V_BOOT, V_SPEED, V_ANGLE,
                   V_MOTION, V_TAIL, V_OUTCOME_ACK };
enum vision_bit { ONLINE = 1 << 0, READY = 1 << 1, RESULT_VALID = 1 << 4, SIMULATED = 1 << 7 };

struct part {
    uint16_t seq;
    uint32_t id;
    const char *action;   /* the decision that was accepted, NULL for none */
    const char *rejected; /* why none was */
    long long raised, decided;
    struct timespec wall;
    uint16_t evidence[VISION_SIZE]; /* the vision block as it stood when the part was decided */
};

struct outcome {
    uint16_t seq, code;
};

static uint16_t line[LINE_SIZE], vision[VISION_SIZE];
static struct part waiting, belt[MOST]; /* waiting.seq 0: no part waits for its result */
static struct outcome outcomes[MOST];
static int belt_count, outcome_count;
static long long beat_at = -1, reset_since = -1, halted_since = -1;
static uint16_t last_beat, last_boot, boot_at_trigger;
static long triggers, finished, released, released_without_pass, resets, accepted, default_rejects;
static long refused_writes, telegrams;
static FILE *part_log;
static volatile sig_atomic_t stop;

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool vision_alive(long long now) {
    return beat_at >= 0 && now - beat_at < WATCHDOG_MS;
}

static void settle(const char *action, const char *rejected, long long now) {
    waiting.action = action;
    waiting.rejected = rejected;
    waiting.decided = now;
    memcpy(waiting.evidence, vision, sizeof vision);
    if (action != NULL) {
        line[L_RESULT_ACK] = waiting.seq;
        accepted++;
    } else {
        default_rejects++;
    }
    belt[belt_count++] = waiting;
    waiting.seq = 0;
}

/* Take a result only if all of it is right. */
static void check_result(long long now) {
    const uint16_t *v = vision;
    if (waiting.seq == 0) return;
    if (!vision_alive(now)) return settle(NULL, "vision_lost", now);
    if (v[V_BOOT] != boot_at_trigger) return settle(NULL, "vision_restarted", now);
    if (now - waiting.raised >= DEADLINE_MS) return settle(NULL, "deadline", now);
    if (!(v[V_BITS] & RESULT_VALID) || v[V_HEAD] != waiting.seq || v[V_TAIL] != waiting.seq) return;
    if (v[V_ID_HIGH] != waiting.id >> 16 || v[V_ID_LOW] != (waiting.id & 0xFFFF))
        return settle(NULL, "part_id", now);
    if ((v[V_DECISION] ^ v[V_COMPLEMENT]) != 0xFFFF) return settle(NULL, "decision", now);
    if (v[V_BITS] & SIMULATED) return settle(NULL, "simulated", now);
    switch (v[V_DECISION]) {
    case 0x1E5A: return settle("pass", NULL, now);
    case 0x2D69: return settle("rework", NULL, now);
    case 0x4B96: return settle("stop", NULL, now);
    case 0x87A5: return settle("manual_review", NULL, now);
    default: return settle(NULL, "decision", now);
    }
}

static void leave(const struct part *part) {
    static const char *const names[] = {"", "released", "diverted", "stopped", "held", "default_rejected"};
    uint16_t code = 5;
    char wall[32];
    if (part->action != NULL) {
        if (strcmp(part->action, "pass") == 0) code = 1;
        if (strcmp(part->action, "rework") == 0) code = 2;
        if (strcmp(part->action, "stop") == 0) code = 3;
        if (strcmp(part->action, "manual_review") == 0) code = 4;
    }
    if (code == 1) {
        /* Counted from what stood in the registers, not from what check_result made of it. */
        const uint16_t *v = part->evidence;
        bool proven = v[V_HEAD] == part->seq && v[V_TAIL] == part->seq && v[V_DECISION] == 0x1E5A &&
                      v[V_COMPLEMENT] == 0xE1A5 && ((uint32_t)v[V_ID_HIGH] << 16 | v[V_ID_LOW]) == part->id &&
                      !(v[V_BITS] & SIMULATED) && part->decided - part->raised < DEADLINE_MS;
        released++;
        if (!proven) released_without_pass++;
    }
    outcomes[outcome_count++] = (struct outcome){part->seq, code};
    finished++;
    strftime(wall, sizeof wall, "%Y-%m-%dT%H:%M:%S", gmtime(&part->wall.tv_sec));
    fprintf(part_log, "{\"boot_id\": %u, \"seq\": %u, \"part_id\": %lu, \"triggered_at\": \"%s.%03ldZ\", ",
            (unsigned)line[L_BOOT], (unsigned)part->seq, (unsigned long)part->id, wall,
            part->wall.tv_nsec / 1000000);
    if (part->action != NULL)
        fprintf(part_log, "\"action\": \"%s\", \"rejected\": null, \"latency_ms\": %lld, ", part->action,
                part->decided - part->raised);
    else
        fprintf(part_log, "\"action\": null, \"rejected\": \"%s\", \"latency_ms\": null, ", part->rejected);
    fprintf(part_log, "\"outcome\": \"%s\"}\n", names[code]);
    fflush(part_log);
}

static void run_belt(long parts, uint32_t first_id, long long now) {
    int left = 0;
    while (left < belt_count && now - belt[left].decided >= TO_DIVERTER_MS) leave(&belt[left++]);
    memmove(belt, belt + left, (size_t)(belt_count - left) * sizeof belt[0]);
    belt_count -= left;
    if (triggers >= parts || waiting.seq != 0 || !vision_alive(now)) return;
    if (vision[V_MAP] != 1 || (vision[V_BITS] & (ONLINE | READY)) != (ONLINE | READY)) return;
    if (vision[V_TRIGGER_ACK] != line[L_TRIGGER]) return;
    if (belt_count + outcome_count + 1 >= MOST) return;
    waiting.seq = line[L_TRIGGER] == 0xFFFF ? 1 : (uint16_t)(line[L_TRIGGER] + 1);
    waiting.id = first_id + (uint32_t)triggers++;
    waiting.raised = now;
    clock_gettime(CLOCK_REALTIME, &waiting.wall);
    boot_at_trigger = vision[V_BOOT];
    line[L_ID_HIGH] = (uint16_t)(waiting.id >> 16);
    line[L_ID_LOW] = (uint16_t)waiting.id;
    line[L_TRIGGER] = waiting.seq;
}

static void press_reset(long long now) {
    bool halted = vision_alive(now) && (vision[V_STATE] == 1 || vision[V_STATE] == 2);
    if (!halted) halted_since = -1;
    else if (halted_since < 0) halted_since = now;
    else if (now - halted_since >= RESET_AFTER_MS) {
        halted_since = reset_since = now;
        line[L_ERROR_ACK] = vision[V_ERROR];
        resets++;
    }
}

static void scan(long parts, uint32_t first_id) {
    long long now = now_ms();
    bool moved = vision[V_BEAT] != last_beat;
    if (beat_at < 0 ? moved && vision[V_BOOT] == last_boot && last_boot != 0 : moved) beat_at = now;
    last_beat = vision[V_BEAT];
    last_boot = vision[V_BOOT];
    if (outcome_count > 0 && vision_alive(now) && vision[V_OUTCOME_ACK] == outcomes[0].seq)
        memmove(outcomes, outcomes + 1, (size_t)--outcome_count * sizeof outcomes[0]);
    check_result(now);
    press_reset(now);
    run_belt(parts, first_id, now);
    line[L_MAP] = 1;
    line[L_BEAT]++;
    line[L_BITS] = 1 | 2 | 4 | (reset_since >= 0 && now - reset_since < RESET_PULSE_MS ? 8 : 0);
    line[L_DEADLINE] = DEADLINE_MS;
    line[L_SPEED] = 250;
    if (outcome_count > 0) {
        line[L_OUTCOME] = outcomes[0].code;
        line[L_OUTCOME_SEQ] = outcomes[0].seq;
    }
}

/* Answer one request. Only the vision block, and the last word of the line block, may be written over the network. */
static bool serve(modbus_t *bus, modbus_mapping_t *registers) {
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int length = modbus_receive(bus, query), at = modbus_get_header_length(bus);
    if (length < 0) return false;
    if (length == 0) return true;
    telegrams++;
    int function = query[at], write_at = function == 0x17 ? at + 5 : at + 1;
    if (function == 0x06 || function == 0x10 || function == 0x16 || function == 0x17) {
        int address = query[write_at] << 8 | query[write_at + 1];
        int count = function == 0x10 || function == 0x17 ? query[write_at + 2] << 8 | query[write_at + 3] : 1;
        bool refused_engine = address == LINE_BASE + L_REFUSED && count == 1;
        if (!refused_engine && (address < VISION_BASE || address + count > REGISTERS)) {
            refused_writes++;
            return modbus_reply_exception(bus, query, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS) >= 0;
        }
    }
    return modbus_reply(bus, query, length, registers) >= 0;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: libmodbus_plc PARTS FIRST_SEQ BOOT_ID LOG\n");
        return 2;
    }
    long parts = atol(argv[1]);
    uint32_t first_id = 70000; /* beyond 16 bits: both words of the part's number count */
    line[L_TRIGGER] = (uint16_t)atoi(argv[2]);
    line[L_BOOT] = (uint16_t)atoi(argv[3]);
    part_log = fopen(argv[4], "a");
    modbus_mapping_t *registers = modbus_mapping_new(0, 0, REGISTERS, 0);
    modbus_t *bus = modbus_new_tcp("127.0.0.1", 0);
    int listener = -1, client = -1;
    if (part_log == NULL || registers == NULL || bus == NULL || (listener = modbus_tcp_listen(bus, 1)) < 0) {
        fprintf(stderr, "libmodbus_plc: %s\n", modbus_strerror(errno));
        return 1;
    }
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);

    long long due = now_ms(), through = -1;
    bool complete = false;
    while (!stop) {
        long long now = now_ms();
        if (now >= due) {
            memcpy(vision, registers->tab_registers + VISION_BASE, sizeof vision);
            scan(parts, first_id);
            /* All but the last word, which a Passgate that refuses to work writes for the one at work. */
            memcpy(registers->tab_registers + LINE_BASE, line, L_REFUSED * sizeof line[0]);
            due = now - due > SCAN_MS ? now + SCAN_MS : due + SCAN_MS;
            if (finished >= parts && through < 0) through = now;
            complete = finished >= parts && outcome_count == 0;
            if (complete || (through >= 0 && now - through > PATIENCE_MS)) break;
        }
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(listener, &ready);
        if (client >= 0) FD_SET(client, &ready);
        long wait = due > now ? (long)(due - now) : 0;
        struct timeval pause = {0, wait * 1000};
        if (select((client > listener ? client : listener) + 1, &ready, NULL, NULL, &pause) <= 0) continue;
        if (client >= 0 && FD_ISSET(client, &ready) && !serve(bus, registers)) {
            close(client);
            client = -1;
        }
        if (FD_ISSET(listener, &ready)) {
            if (client >= 0) close(client);
            client = modbus_tcp_accept(bus, &listener);
        }
    }
    printf("{\"complete\": %s, \"triggers\": %ld, \"parts\": %ld, \"accepted\": %ld, \"default_rejects\": %ld, "
           "\"released\": %ld, \"released_without_pass\": %ld, \"resets\": %ld, \"unacknowledged\": %d, "
           "\"telegrams\": %ld, \"refused_writes\": %ld}\n",
           complete ? "true" : "false", triggers, finished, accepted, default_rejects, released,
           released_without_pass, resets, outcome_count, telegrams, refused_writes);
    if (client >= 0) close(client);
    close(listener);
    fclose(part_log);
    modbus_mapping_free(registers);
    modbus_free(bus);
    return complete ? 0 : 1;
}
