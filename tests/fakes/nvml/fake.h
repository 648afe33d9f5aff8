/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library with NVML's calls whose GPUs are what a file says, named in the environment: NVML_FAKE. A line is "KEY VALUE", and the last of a key counts;
 * what a setter changes is written at the end, so that it lasts from one opening of the library to the next:
 *   gpus 2                     how many there are
 *   0.name NVIDIA H100         a value of GPU 0; "*.": of all. What has no value is not supported
 *   0.DeviceGetEccMode 999     the result of a call; or "hang", "crash", "lie" (a setter that says yes and does nothing)
 *   0.all 15                   the result of all calls that take the GPU
 *   0.name !endless            a text that fills all the room that it is given, without a NUL
 */
#ifndef TESTS_FAKES_NVML_FAKE_H
#define TESTS_FAKES_NVML_FAKE_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/gpu/nvml_spec.h"

#define FAKE_NUMBERS 12 /* at most, of one value */

/* The value of "gpu.key", else of "*.key"; gpu below 0: of "key". False without one. */
bool fake_text(int gpu, const char *key, char text[256]);
/* How many numbers there are. */
unsigned fake_numbers(int gpu, const char *key, unsigned long long list[FAKE_NUMBERS]);
void fake_write(int gpu, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What a call is to return before it does anything; hangs or crashes where the file says so. */
int fake_trouble(int gpu, const char *call);
bool fake_lies(int gpu, const char *call);

/* Handles are numbers. */
int fake_gpu(const struct nvmlDevice_st *device);

/* The usual forms of a call: the trouble, then the numbers of `key`; fewer than are asked for: not supported. */
int fake_get(const struct nvmlDevice_st *device, const char *call, const char *key, unsigned *a, unsigned *b);
int fake_get_text(int gpu, const char *call, const char *key, char *text, unsigned length);
int fake_set(const struct nvmlDevice_st *device, const char *call, const char *key, unsigned value);

#endif
