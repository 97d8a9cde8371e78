# The image of Holdfast. Two ways to build it:
#
#   buildah build -t holdfast --build-arg VERSION=$(cat VERSION) --build-arg REVISION=$(git rev-parse HEAD) .
#                                                  compiles everything in here (docker build works as well)
#   buildah build -t holdfast --build-arg BINARIES=from-context --build-context built=DIR .
#                                                  takes what "cmake --install" put into DIR
#
# ./dev image does either and needs no registry; docs/installation.md says how to use the image.
ARG BASE=docker.io/library/debian:bookworm-slim
ARG GO=docker.io/library/golang:1.26-bookworm
ARG NODE=docker.io/library/node:22-bookworm-slim
ARG BINARIES=from-source

# kustomize, helm, sops and holdfast-builder, which the operator runs.
FROM ${GO} AS programs
COPY tools/programs /src
RUN HOLDFAST_PROGRAMS_DIR=/built /src/build && mkdir /programs && cp -L /built/current/bin/* /programs/ \
 && go version -m /programs/* >/programs/go-modules

# The page, which is compiled into the operator.
FROM ${NODE} AS page
COPY ui /src/ui
COPY tools/page /src/tools/page
RUN HOLDFAST_PAGE_DIR=/page /src/tools/page/build

FROM ${BASE} AS from-source
COPY tools/install-packages /src/tools/install-packages
RUN /src/tools/install-packages --without-go --without-node
COPY . /src
COPY --from=programs /programs /programs
COPY --from=page /page /page
ENV HOLDFAST_PAGE_DIR=/page
WORKDIR /src
RUN cmake --preset release -DBUILD_TESTING=OFF && ninja -C build/release \
 && HOLDFAST_PROGRAMS=/programs cmake --install build/release --strip --prefix /binaries/usr

FROM scratch AS from-context
COPY --from=built . /binaries/

FROM ${BINARIES} AS binaries

FROM ${BASE}
COPY tools/image/runtime /image/
RUN /image/runtime
COPY --from=binaries /binaries/ /
# From here on every commit makes another layer.
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="A GitOps operator for Kubernetes" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/holdfast-dev/holdfast"
COPY tools/image/sbom /image/
RUN /image/sbom && rm -rf /image
# By number, so that a cluster can tell that it is not root. It needs no right and writes to these alone, which
# are to be volumes: the root may be read-only.
USER 65532:65532
VOLUME ["/var/cache/holdfast", "/run/holdfast", "/tmp"]
WORKDIR /var/cache/holdfast
ENTRYPOINT ["/usr/bin/holdfast"]
CMD ["operator"]
