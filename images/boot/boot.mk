# SPDX-License-Identifier: Apache-2.0
# The generic part of the boot image. docs/boot-image.md

boot-goal := 25165824

boot-modules-y :=
boot-modules-$(CONFIG_BOOT_NVME)         += nvme
boot-modules-$(CONFIG_BOOT_SATA)         += ahci ata_piix sd_mod
boot-modules-$(CONFIG_BOOT_SAS)          += mpt3sas megaraid_sas aacraid hpsa smartpqi mvsas isci pm80xx sd_mod
boot-modules-$(CONFIG_BOOT_VIRTIO)       += virtio_pci virtio_blk virtio_scsi virtio_net virtio-rng sd_mod
boot-modules-$(CONFIG_BOOT_NIC_INTEL)    += e1000 e1000e igb igc ixgbe i40e ice
boot-modules-$(CONFIG_BOOT_NIC_MELLANOX) += mlx4_en mlx5_core
boot-modules-$(CONFIG_BOOT_NIC_BROADCOM) += tg3 bnxt_en
boot-modules-$(CONFIG_BOOT_INFINIBAND)   += mlx4_ib mlx5_ib
boot-modules-$(CONFIG_BOOT_VFIO)         += vfio_pci vfio_iommu_type1
boot-modules-$(CONFIG_BOOT_VLAN)         += 8021q
boot-modules-$(CONFIG_BOOT_EFIVARFS)     += efivarfs
boot-modules-$(CONFIG_BOOT_MEDIA)        += sr_mod sd_mod usb_storage uas xhci_pci ehci_pci uhci_hcd ohci_pci
boot-modules-$(CONFIG_BOOT_WATCHDOG)     += iTCO_wdt sp5100_tco i6300esb
# What writes images of kind root, and the array of an image of either kind.
boot-modules-$(CONFIG_STEP_ROOT_IMAGE)   += vfat nls_cp437 nls_ascii
boot-modules-$(CONFIG_FS_EXT4)           += ext4 crc32c_generic crc32c-intel
boot-modules-$(CONFIG_FS_XFS)            += xfs crc32c_generic crc32c-intel
boot-modules-$(CONFIG_FS_BTRFS)          += btrfs crc32c_generic crc32c-intel
boot-modules-$(CONFIG_MD)                += md_mod raid1
# The boot medium and, where the order asks the person at the console, a keyboard.
boot-modules-$(CONFIG_ALONE)             += vfat nls_cp437 nls_ascii xhci_pci ehci_pci uhci_hcd ohci_pci usb_storage uas sd_mod usbhid hid_generic atkbd i8042
boot-modules := $(sort $(boot-modules-y) $(patsubst "%",%,$(CONFIG_BOOT_MODULES)))

boot-mkfs-y :=
boot-mkfs-$(CONFIG_STEP_ROOT_IMAGE) += mkfs.vfat
boot-mkfs-$(CONFIG_FS_EXT4)         += mkfs.ext4
boot-mkfs-$(CONFIG_FS_XFS)          += mkfs.xfs
boot-mkfs-$(CONFIG_FS_BTRFS)        += mkfs.btrfs

boot-kernel  := $(O)/kernel
boot-staging := $(O)/boot-modules

.PHONY: boot-image
boot-image: $(O)/boot/generic.img $(O)/boot/vmlinuz ## build kernel and initramfs of the agent, without a site's part
	@printf 'boot image: kernel %d + initramfs %d = %d bytes, %d %% of the goal of 24 MiB\n' $$(stat -c %s $(O)/boot/vmlinuz) \
		$$(stat -c %s $(O)/boot/generic.img) $$(cat $^ | wc -c) $$(($$(cat $^ | wc -c) * 100 / $(boot-goal)))

$(boot-kernel)/package: images/boot/kernel.sh $(KCONFIG_AUTOCONFIG)
	$(call say,KERNEL,$@)
	$(Q)images/boot/kernel.sh $(CONFIG_BOOT_KERNEL) $(boot-kernel)

$(boot-staging)/list: $(boot-kernel)/package images/boot/modules.sh images/boot/boot.mk $(KCONFIG_AUTOCONFIG)
	$(call say,MODULES,$@)
	$(Q)images/boot/modules.sh $(boot-kernel) $(boot-staging) $(boot-modules)

$(O)/boot/vmlinuz: $(boot-kernel)/package
	@mkdir -p $(@D)
	$(Q)install -m 644 $(boot-kernel)/boot/vmlinuz-$$(cat $(boot-kernel)/release) $@

$(O)/boot-modules/remint-agent: $(O)/remint-agent $(boot-staging)/list
	$(call say,STRIP,$@)
	$(Q)strip --strip-all -o $@ $<

$(O)/boot-modules/recipe: images/boot/generic.recipe $(boot-staging)/list $(O)/boot-modules/remint-agent
	@cp images/boot/generic.recipe $@
	@echo "program /init $(O)/boot-modules/remint-agent" >>$@
	@echo "link /usr/bin/remint-agent /init" >>$@
	@$(foreach p,$(boot-mkfs-y),echo "program /usr/sbin/$(p) /usr/sbin/$(p)" >>$@;)
	@echo "tree /lib/modules $(boot-staging)/lib/modules" >>$@
	@$(if $(CONFIG_BOOT_SHELL),echo "file /bin/busybox 755 /bin/busybox" >>$@ && echo "link /bin/sh busybox" >>$@)

$(O)/boot/generic.img: $(O)/remint-mkboot $(O)/boot-modules/recipe $(O)/boot/vmlinuz
	@mkdir -p $(@D)
	$(call say,MKBOOT,$@)
	$(Q)$(O)/remint-mkboot --recipe $(O)/boot-modules/recipe --manifest $(O)/boot/contents.tmp -o $@.tmp
	@{ echo "# kernel: $$(cat $(boot-kernel)/package)"; (cd $(O)/boot && sha256sum vmlinuz) && cat $(O)/boot/contents.tmp; } >$(O)/boot/manifest.txt
	@rm $(O)/boot/contents.tmp && mv $@.tmp $@
