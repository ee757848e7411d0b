# SPDX-License-Identifier: BSD-3-Clause
# The module template, copied by `kenanganctl module new`.
template_files = \
	module-template/Makefile \
	module-template/README.md \
	module-template/template.c
EXTRA_DIST += $(template_files:%=contrib/%)
templatedir = $(pkgdatadir)/module-template

install-data-local: template-install
template-install:
	@$(MKDIR_P) "$(DESTDIR)$(templatedir)"
	@for f in $(template_files); do \
	  $(INSTALL_DATA) "$(srcdir)/%D%/$$f" "$(DESTDIR)$(templatedir)/$${f##*/}" || exit 1; \
	done

uninstall-local: template-uninstall
template-uninstall:
	-rm -rf "$(DESTDIR)$(templatedir)"

.PHONY: template-install template-uninstall
