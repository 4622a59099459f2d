-- The script of wrk: it sends requests, counts answers and keeps samples.  Each thread has one
-- connection, so that an answer belongs to the request before it.  Arguments: the folder with template
-- and expectation, which gets the samples and the serials of the receipts with a right answer; the
-- number of positions; the first request's number; the number of threads; 1 if a notice may be asked
-- once only, else 0; the number of answers of a thread for each sample.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  home = args[1]
  template, expectation = read(home .. "/template"), read(home .. "/expectation")
  positions, first, step = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  once, every, following = args[5] == "1", tonumber(args[6]), first + number
  answered, right, refused, exhausted, samples, wrong = 0, 0, 0, false, "", ""
  taken = {}
end

-- The twin of `nth` in notices.py.
local function nth(number)
  return math.fmod(number * 161803403, positions) + 1
end

-- The twin of `filled` in notices.py.
local function values_of(serial)
  local head, cents = 3010000000000000 + serial, 2000 + math.fmod(serial, 8000)
  local nav = string.format("%.0f%02d", head, math.fmod(head, 93))
  return {
    NAV = nav,
    IUV = nav:sub(2),
    AMOUNT = string.format("%.2f", cents / 100),
    FIRST = string.format("%.2f", (cents - 1000) / 100),
    RECEIPT = string.format("%08x%024.0f", math.fmod(serial * 2654435761, 4294967296), serial),
  }
end

function request()
  if once and following - first >= positions then
    exhausted = true
    wrk.thread:stop()
  end
  serial = nth(following)
  following = following + step
  local values = values_of(serial)
  expected = expectation:gsub("@(%u+)@", values)
  return (template:gsub("@(%u+)@", values))
end

function response(status, headers, body)
  local is_right = status == 200 and body:find(expected, 1, true) ~= nil
  answered = answered + 1
  if is_right then
    right = right + 1
    if once then table.insert(taken, serial) end
  end
  if status == 503 then
    refused = refused + 1
  elseif answered % every == 1 or (not is_right and wrong == "") then
    local line = string.format("%d\t%d\t%s\n", serial, status, (body:gsub("%s*\n%s*", " ")))
    if is_right then samples = samples .. line else wrong = line end
  end
end

function done(summary, latency, requests)
  local answered, right, refused, exhausted = 0, 0, 0, false
  local samples = assert(io.open(threads[1]:get("home") .. "/samples", "wb"))
  local taken = assert(io.open(threads[1]:get("home") .. "/taken", "wb"))
  for _, thread in ipairs(threads) do
    answered, right = answered + thread:get("answered"), right + thread:get("right")
    refused = refused + thread:get("refused")
    exhausted = exhausted or thread:get("exhausted")
    samples:write(thread:get("wrong"), thread:get("samples"))
    taken:write(table.concat(thread:get("taken"), "\n"), "\n")
  end
  samples:close()
  taken:close()
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds": %f, "answered": %d, "right": %d, "refused": %d, "p50": %f, "p99": %f, "most": %f, '
      .. '"broken": %d, "exhausted": %s}\n',
    summary.duration / 1e6, answered, right, refused, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout, tostring(exhausted)))
end
