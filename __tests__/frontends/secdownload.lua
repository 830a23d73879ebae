-- Checks links of the layout that mod_secdownload had (lighttpd until 1.4.67), by mod_magnet:
--
--   /<algorithm>/<mac>/<time>/<path>
--
-- The time is that of making the link, in seconds and hexadecimal digits. The algorithm stands for the
-- prefix of the URL, which each configuration chose for itself.

local SECRET = "@SECRET@"
local ROOT = [==[@ROOT@]==]
local TIMEOUT = tonumber("@TIMEOUT@")

local c = lighty.c
local attributes = lighty.r.req_attr

-- Signatures with HMAC have no padding.
local function hmac(hash)
    return function(path, time)
        return c.b64urlenc(c.hexdec(c.hmac(hash, SECRET, "/" .. time .. path)))
    end
end

local ALGORITHMS = {
    ["md5"] = {
        length = 32,
        sign = function(path, time) return string.lower(c.md("md5", SECRET .. path .. time)) end,
        -- Hexadecimal digits are good in either letter case.
        read = string.lower,
    },
    ["hmac-sha1"] = { length = 27, sign = hmac("sha1"), read = tostring },
    ["hmac-sha256"] = { length = 43, sign = hmac("sha256"), read = tostring },
}

-- The path is decoded here, as it was when it was signed.
local name, mac, time, path = string.match(attributes["uri.path"], "^/([%w-]+)/([%w_-]+)/(%x+)(/.+)$")
local algorithm = ALGORITHMS[name]

-- No link: on to the document root, where nothing is.
if not algorithm or #mac ~= algorithm.length or #time > 8 then return 404 end
-- A clock may go wrong by as much as a link is good for, in both directions.
if math.abs(os.time() - tonumber(time, 16)) > TIMEOUT then return 410 end
if not c.secret_eq(algorithm.sign(path, time), algorithm.read(mac)) then return 403 end

attributes["physical.doc-root"] = ROOT
attributes["physical.basedir"] = ROOT
attributes["physical.rel-path"] = path
attributes["physical.path"] = ROOT .. path
return 0
