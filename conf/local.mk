# SPDX-License-Identifier: BSD-3-Clause
# The annotated configuration is installed twice: as reference under $(pkgdatadir)/conf, always new,
# and as the starting point in $(confdir), where nothing that exists is overwritten. A module that was
# not built must not be named there: the server would refuse to start.
conf_files = kenangan.yaml env.example
if WITH_AUTH
conf_files += conf.d/auth.yaml
endif
if WITH_HEALTH
conf_files += conf.d/health.yaml
endif
if WITH_MENU
conf_files += conf.d/menu.yaml
endif
if WITH_ORDERS
conf_files += conf.d/orders.yaml
endif
if WITH_PAYMENTS
conf_files += conf.d/payments.yaml
endif
if WITH_TABLES
conf_files += conf.d/tables.yaml
endif
nobase_pkgdata_DATA = $(conf_files:%=%D%/%)
EXTRA_DIST += \
	%D%/conf.d/auth.yaml \
	%D%/conf.d/health.yaml \
	%D%/conf.d/menu.yaml \
	%D%/conf.d/orders.yaml \
	%D%/conf.d/payments.yaml \
	%D%/conf.d/tables.yaml \
	%D%/env.example \
	%D%/kenangan.yaml
dist_man_MANS += %D%/kenangan.yaml.5

install-data-local: conf-install
conf-install:
	@for f in $(conf_files); do \
	  to="$(DESTDIR)$(confdir)/$$f"; \
	  $(MKDIR_P) "$${to%/*}" || exit 1; \
	  test -e "$$to" || $(INSTALL_DATA) "$(srcdir)/%D%/$$f" "$$to" || exit 1; \
	done

# Only what nobody has edited goes.
uninstall-local: conf-uninstall
conf-uninstall:
	@for f in $(conf_files); do \
	  to="$(DESTDIR)$(confdir)/$$f"; \
	  if cmp -s "$(srcdir)/%D%/$$f" "$$to"; then rm -f "$$to"; fi; \
	done; \
	rmdir "$(DESTDIR)$(confdir)/conf.d" "$(DESTDIR)$(confdir)" 2>/dev/null || :

.PHONY: conf-install conf-uninstall
