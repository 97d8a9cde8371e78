#include "git/http_route.hpp"

namespace holdfast::git {

http_route http_route_to(const http::proxied_place& where, const credentials* with) {
    if (with == nullptr) {
        return {.proxy = http::proxy_for(where, {}, {}, http::own_environment), .guards = {}};
    }
    http_route found;
    found.proxy = http::proxy_for(where, with->proxy, with->no_proxy, http::own_environment);
    if (with->reachable) {
        found.guards.server = with->reachable->guard_for(where.host, where.port);
        // A proxy of the environment is the operator's own choice: it may be anywhere.
        if (!with->proxy.empty() && found.proxy == with->proxy) {
            found.guards.proxy = {with->reachable->rules, with->reachable->named};
        }
    }
    return found;
}

} // namespace holdfast::git
