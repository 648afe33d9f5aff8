/* SPDX-License-Identifier: Apache-2.0 */
/* IS_ENABLED(CONFIG_X): 1 when the option is y, else 0, so that both branches of an if are compiled. */
#ifndef CORE_KCONFIG_H
#define CORE_KCONFIG_H

#define KCONFIG_HOLDER_1                  0,
#define KCONFIG_SECOND(ignored, val, ...) val
#define KCONFIG_PICK(holder_or_junk)      KCONFIG_SECOND(holder_or_junk 1, 0)
#define KCONFIG_EXPAND(val)               KCONFIG_PICK(KCONFIG_HOLDER_##val)
#define IS_ENABLED(option)                KCONFIG_EXPAND(option)

#endif
