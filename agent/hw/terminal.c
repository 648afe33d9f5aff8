/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/terminal.h"

#include <sys/ioctl.h>

struct terminal_size terminal_size(int fd)
{
	struct winsize size = {0};

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return (struct terminal_size){.columns = 80, .lines = 24};
	return (struct terminal_size){.columns = size.ws_col, .lines = size.ws_row};
}
