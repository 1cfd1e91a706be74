-- The load of one round. The arguments after the URL's "--" are: method, path, token, body,
-- and a text that no other round has. In path and body, {n} becomes a random number from 1 to
-- 1,000, {id} the same number as an id of PocketBase, and {u} a text that no other request has.
-- wrk calls init, request and done (https://github.com/wg/wrk/blob/master/SCRIPTING).

local records = 1000
local requests = {}
local method, path, headers, body, round
local sent = 0

local function fill(template, n)
  sent = sent + 1
  local values = { n = n, id = string.format("p%014d", n), u = round .. "-" .. sent }
  return (template:gsub("{(%a+)}", values))
end

function init(args)
  method, path, body, round = args[1], args[2], args[4], args[5]
  headers = { ["Authorization"] = "Bearer " .. args[3] }
  if body ~= "" then headers["Content-Type"] = "application/json" end
  math.randomseed(os.time())
  if body == "" then -- Reads repeat, so they are made once.
    for n = 1, records do requests[n] = wrk.format(method, fill(path, n), headers) end
  end
end

function request()
  local n = math.random(records)
  return requests[n] or wrk.format(method, fill(path, n), headers, fill(body, n))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
