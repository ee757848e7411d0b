-- SPDX-License-Identifier: BSD-3-Clause
-- wrk: orders of three lines, each with a note of its own so that none is a repetition.
-- Environment: BENCH_TOKEN, BENCH_PRODUCTS (three ids joined by commas).
local ids = {}
for id in os.getenv("BENCH_PRODUCTS"):gmatch("[^,]+") do ids[#ids + 1] = id end
local items = {}
for i = 1, #ids do items[i] = string.format('{"product_id":"%s","quantity":%d}', ids[i], i) end
local head = '{"order_type":"takeout","items":[' .. table.concat(items, ",") .. '],"notes":"'
local run = os.getenv("BENCH_RUN")
local counter, thread_number = 0, 0

function setup(thread)
    thread:set("number", thread_number)
    thread_number = thread_number + 1
end

function init()
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end

function request()
    counter = counter + 1
    return wrk.format(nil, nil, nil, head .. run .. "-" .. number .. "-" .. counter .. '"}')
end
