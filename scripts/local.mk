# SPDX-License-Identifier: BSD-3-Clause
scripts_files = \
	%D%/lib.sh \
	%D%/quickstart.sh \
	%D%/test.sh
EXTRA_DIST += $(scripts_files)
