-- SPDX-License-Identifier: BSD-3-Clause
-- wrk: a GET by a member of staff. Environment: BENCH_TOKEN.
function init()
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end
